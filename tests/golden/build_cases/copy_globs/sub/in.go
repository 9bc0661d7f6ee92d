in.go
