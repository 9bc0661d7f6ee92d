"""A page that counts how often it was seen. The number lives in redis, which the network knows by its service's name."""
import socket

import flask
import redis

app = flask.Flask(__name__)
store = redis.Redis(host="redis")


@app.route("/")
def page():
    return f"seen {store.incr('visits')} times (container {socket.gethostname()})\n"


app.run(host="0.0.0.0", port=8000)
