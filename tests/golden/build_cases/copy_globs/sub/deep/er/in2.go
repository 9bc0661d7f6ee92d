in2.go
