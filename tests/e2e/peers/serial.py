"""serial.py LINK: a terminal program: carries keys to a serial line and its characters to standard output. Opens the line
again when it comes back after a hang-up."""
import os
import select
import sys
import time
import tty


def open_line(link):
    while True:
        try:
            fd = os.open(link, os.O_RDWR | os.O_NOCTTY)
            tty.setraw(fd)
            return fd
        except OSError:
            time.sleep(0.05)


def carry(line):
    """Until the line is hung up."""
    while True:
        for fd in select.select([0, line], [], [])[0]:
            try:
                data = os.read(fd, 4096)
            except OSError:
                data = b""
            if not data and fd == 0:
                sys.exit(0)
            if not data:
                return
            os.write(line if fd == 0 else 1, data)


tty.setraw(0)
while True:
    line = open_line(sys.argv[1])
    os.write(1, b"up\r\n")
    carry(line)
    os.close(line)
