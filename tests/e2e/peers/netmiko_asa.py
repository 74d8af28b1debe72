"""netmiko's own driver for an ASA, as its users call it: prints what it got as JSON."""
import json
import sys

from netmiko import ConnectHandler

host, user, password, secret = sys.argv[1:]
out = {}
c = ConnectHandler(device_type="cisco_asa", host=host, username=user, password=password, secret=secret, timeout=60,
                   banner_timeout=60, global_delay_factor=1)
c.enable()
out["prompt"] = c.find_prompt()
out["version"] = c.send_command("show version")
out["config"] = c.send_config_set(["object network netmiko", "host 10.0.0.77", "access-list n extended permit tcp any host 10.0.0.77 eq 443"])
out["mode"] = c.check_config_mode()
out["shown"] = c.send_command("show running-config object network")
out["long"] = c.send_command("show running-config all")
out["refused"] = c.send_command("show nonsense")
out["saved"] = c.save_config()
c.disconnect()
print(json.dumps(out))
