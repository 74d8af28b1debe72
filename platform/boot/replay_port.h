/*
 * A port for replay: frames from one capture file when their time has come, frames sent into another. It also plays
 * the neighbours: an ARP request of the box is answered, with the MAC address that neighbour has in the input where
 * it speaks there, else with one made from its IP address, so that the output does not depend on who happened to ARP
 * in the input.
 */
#ifndef VOXGATE_BOOT_REPLAY_PORT_H
#define VOXGATE_BOOT_REPLAY_PORT_H

#include "platform/net/port.h"

struct port *replay_port_open(const char *rx_file, const char *tx_file, const struct clock *clk, struct err *e);
/* Wall time (ns) of the next frame in the file; -1 at its end. */
int64_t replay_port_next(struct port *p);
/* Frames wait that are not the file's: answers of neighbours. */
bool replay_port_pending(const struct port *p);

/* Closes the output file. -1 when the input broke off damaged or the output could not be written in full. */
int replay_port_finish(struct port *p, struct err *e);

#endif
