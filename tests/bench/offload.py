"""offload.py IFACE...: turns segmentation, receive and checksum offloads off, as on a wire between machines."""
import array
import fcntl
import socket
import struct
import sys

SIOCETHTOOL = 0x8946
SET_RX_CSUM, SET_TX_CSUM, SET_TSO, SET_GSO, SET_GRO = 0x15, 0x17, 0x1F, 0x24, 0x2C


def turn_off(sock, iface, command):
    value = array.array("B", struct.pack("II", command, 0))
    address, _ = value.buffer_info()
    try:
        fcntl.ioctl(sock, SIOCETHTOOL, struct.pack("16sP16x", iface.encode(), address))
    except OSError:
        pass  # the device does not know this one


def main():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for iface in sys.argv[1:]:
            for command in (SET_TSO, SET_GSO, SET_GRO, SET_TX_CSUM, SET_RX_CSUM):
                turn_off(sock, iface, command)


main()
