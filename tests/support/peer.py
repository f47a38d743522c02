"""peer.py - a client, or server, on the loopback that misbehaves in a way of choice.

ask PORT TEXT [PAUSE]    sends TEXT, with a pause after each byte, and prints all that comes back until the server ends
half PORT TEXT [PAUSE]   the same, but ends its own half of the connection first
reset PORT TEXT SIZE N   N times: sends TEXT, reads SIZE bytes, breaks the connection off
vanish PORT N            N times: connects and goes, every other time with a reset
stall PORT TEXT N [ROOM] N connections that send TEXT and read nothing, with so small a buffer; says "ready", and stays until it is
                         killed
chatter PORT NAME        two guests of the chat server, of whom one talks as fast as the other listens, until that one reads that NAME
                         has gone
flood PORT SIZE          sends SIZE bytes without reading; prints how much had been taken when the server took nothing for a second
flaky FILE SIZE          an HTTP server for that file, whatever is asked for, that breaks off each answer after SIZE bytes; prints its
                         port, and on standard error how many bytes it has sent after each answer
TEXT may contain \\r, \\n and the like.
"""
import http.server
import os
import re
import socket
import struct
import sys
import time


def connect(port, room=0):
    client = socket.socket()
    client.settimeout(30)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if room:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(room))
    client.connect(("127.0.0.1", int(port)))
    return client


def break_off(client):
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def decode(text):
    return text.encode().decode("unicode_escape").encode("latin-1")


def print_all(client):
    while data := client.recv(1 << 16):
        sys.stdout.buffer.write(data)


def send(client, text, pause):
    if float(pause) == 0:
        client.sendall(decode(text))
        return
    for byte in decode(text):
        client.sendall(bytes([byte]))
        time.sleep(float(pause))


def ask(port, text, pause="0"):
    client = connect(port)
    send(client, text, pause)
    print_all(client)


def half(port, text, pause="0"):
    client = connect(port)
    send(client, text, pause)
    client.shutdown(socket.SHUT_WR)
    print_all(client)


def reset(port, text, size, count):
    for _ in range(int(count)):
        client = connect(port)
        client.sendall(decode(text))
        left = int(size)
        while left > 0 and (data := client.recv(min(left, 1 << 16))):
            left -= len(data)
        break_off(client)


def vanish(port, count):
    for i in range(int(count)):
        client = connect(port)
        if i % 2:
            break_off(client)
        else:
            client.close()


def stall(port, text, count, room=0):
    clients = [connect(port, room) for _ in range(int(count))]
    for client in clients:
        client.sendall(decode(text))
    print("ready", flush=True)
    time.sleep(600)


def chatter(port, name):
    talker, listener = connect(port), connect(port)
    talker.sendall(b"Talker\n")
    listener.sendall(b"Listener\n")
    lines = listener.makefile("rb")
    while next(lines) != b"* welcome\n":
        pass
    for i in range(5000):
        talker.sendall(b"%0180d\n" % i * 30)  # fewer than the server has room for
        heard = 0
        while heard < 30:
            line = next(lines)
            heard += line.startswith(b"Talker: 000")
            if line == f"* {name} has gone\n".encode():
                return
    sys.exit(f"{name} is still there")


def flood(port, size):
    client = connect(port)
    client.settimeout(1)
    sent = 0
    try:
        while sent < int(size):
            sent += client.send(b"x" * 65536)
    except TimeoutError:
        pass
    print(sent)


def flaky(path, size):
    class Flaky(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            whole = os.path.getsize(path)
            asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
            first = int(asked[1]) if asked else 0
            self.send_response(206 if asked else 200)
            if asked:
                self.send_header("Content-Range", f"bytes {first}-{whole - 1}/{whole}")
            self.send_header("Content-Length", str(whole - first))
            self.send_header("Last-Modified", self.date_time_string(int(os.path.getmtime(path))))
            self.end_headers()
            with open(path, "rb") as file:
                file.seek(first)
                self.wfile.write(file.read(int(size)))
            self.connection.shutdown(socket.SHUT_WR)
            print(min(int(size), whole - first), file=sys.stderr, flush=True)

        def log_message(self, *arguments):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Flaky)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    {"ask": ask, "half": half, "reset": reset, "vanish": vanish, "stall": stall, "flood": flood,
     "flaky": flaky, "chatter": chatter}[sys.argv[1]](*sys.argv[2:])
