#!/usr/bin/env python3
"""The lab with real peers around the appliance: scripts/demo calls this."""
import argparse
import sys

import demo_base  # noqa: F401  (finds the lab)
from demo_mmp import MmpDemo
from demo_phone import PhoneDemo
from demo_sip import SipDemo

SCENARIOS = {"1": lambda batch: MmpDemo(1, batch), "2": lambda batch: MmpDemo(2, batch), "sip": SipDemo,
             "phone-proxy": PhoneDemo}


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--scenario", choices=sorted(SCENARIOS), default="1")
    ap.add_argument("--batch", action="store_true")
    o = ap.parse_args()
    sys.exit(SCENARIOS[o.scenario](o.batch).run())


main()
