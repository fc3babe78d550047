"""Runs a command on a terminal of its own: on_terminal.py ROWS COLUMNS COMMAND...

Commands come as lines of JSON on stdin: {"keys": "..."}, {"size": [rows, columns]}, {"signal": 15}.
What the command prints goes to stdout as it is. When it has ended, a line on stderr says how it left the terminal,
and the exit status is its own, or 128 and the number of the signal that ended it.
"""

import errno
import fcntl
import json
import os
import pty
import select
import signal
import struct
import sys
import termios


def set_size(fd, rows, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


rows, columns = int(sys.argv[1]), int(sys.argv[2])
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[3], sys.argv[3:])
set_size(master, rows, columns)
pending = b""
sources = [master, 0]
while True:
    ready, _, _ = select.select(sources, [], [])
    if master in ready:
        try:
            data = os.read(master, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            data = b""
        if not data:
            break
        os.write(1, data)
    if 0 in ready:
        data = os.read(0, 65536)
        if not data:
            sources.remove(0)
        pending += data
        *lines, pending = pending.split(b"\n")
        for line in lines:
            command = json.loads(line)
            if "keys" in command:
                os.write(master, command["keys"].encode("utf-8"))
            if "size" in command:
                set_size(master, *command["size"])
                os.kill(pid, signal.SIGWINCH)
            if "signal" in command:
                os.kill(pid, command["signal"])
_, status = os.waitpid(pid, 0)
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
