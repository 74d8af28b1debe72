"""Ansible's collection cisco.asa, as Debian ships it, manages the appliance over its SSH."""
import json
import os

import pytest

from sshlab import BOX, PASSWORD, SECRET, USER, SshBox


class Ansible:
    """Playbooks of one play; a task's result by the task's name."""

    def __init__(self, box, home):
        self.box, self.home = box, str(home)
        self.write("hosts", json.dumps({"all": {"hosts": {"fw": {
            "ansible_host": BOX, "ansible_user": USER, "ansible_password": PASSWORD, "ansible_become": True,
            "ansible_become_method": "enable", "ansible_become_password": SECRET,
            "ansible_connection": "ansible.netcommon.network_cli", "ansible_network_os": "cisco.asa.asa",
            "ansible_network_cli_ssh_type": "paramiko", "ansible_python_interpreter": "/usr/bin/python3"}}}}))

    def write(self, name, text):
        path = os.path.join(self.home, name)
        with open(path, "w") as f:
            f.write(text)
        return path

    def run(self, *tasks, check=True):
        """Tasks are (name, module, arguments); its connections end with the process tree they were made in."""
        play = [{"hosts": "fw", "gather_facts": False, "tasks": [
            {"name": name, module: args, "ignore_errors": not check} for name, module, args in tasks]}]
        env = {"HOME": self.home, "ANSIBLE_HOST_KEY_CHECKING": "false", "ANSIBLE_STDOUT_CALLBACK": "json",
               "ANSIBLE_LOCAL_TEMP": self.home + "/tmp", "ANSIBLE_PERSISTENT_CONNECT_TIMEOUT": "60",
               "ANSIBLE_PERSISTENT_COMMAND_TIMEOUT": "60", "ANSIBLE_PERSISTENT_CONTROL_PATH_DIR": self.home + "/pc",
               "ANSIBLE_NOCOWS": "1", "LC_ALL": "C.UTF-8", "ANSIBLE_DEPRECATION_WARNINGS": "false"}
        p = self.box.run("unshare", "-p", "-f", "--kill-child", "--mount-proc", "ansible-playbook", "-i",
                         self.home + "/hosts", self.write("play.json", json.dumps(play)), env=env, timeout=280)
        assert p.out.lstrip().startswith("{"), p.out + p.err
        out = json.loads(p.out)
        got = {t["task"]["name"]: t["hosts"]["fw"] for t in out["plays"][0]["tasks"]}
        if check:
            assert p.returncode == 0, json.dumps(got, indent=1)[-6000:] + p.err
        return got


@pytest.fixture(scope="module")
def box():
    b = SshBox()
    yield b
    b.close()


@pytest.fixture
def ansible(box, tmp_path):
    return Ansible(box, tmp_path)


CONFIG = ["logging trap informational", "object network pbx", " host 10.0.0.77", "object-group service voice udp",
          " port-object range 16384 32767", "access-list voice extended permit udp any host 10.0.0.77 object-group voice",
          "policy-map global_policy", " class inspection_default", "  inspect icmp"]


def ace(line, destination, port, protocol="tcp", **kw):
    return {"grant": "permit", "line": line, "protocol_options": {protocol: True}, "source": {"any": True},
            "destination": {"host": destination, "port_protocol": {"eq": port}}, **kw}


def acls(state, *aces, name="edge"):
    config = {"acls": [{"name": name, "acl_type": "extended", "aces": list(aces)}]} if aces else {}
    return "cisco.asa.asa_acls", {"state": state, "config": config}


def groups(state, *hosts, ports=()):
    config = [{"object_type": "network", "object_groups": [
        {"name": "phones", "description": "desks", "network_object": {"host": list(hosts)}}]}] if hosts else []
    if ports:
        config += [{"object_type": "service", "object_groups": [
            {"name": "web", "protocol": "tcp", "port_object": [{"eq": p} for p in ports]}]}]
    return "cisco.asa.asa_ogs", {"state": state, "config": config}


def changes(got):
    return {name: task["changed"] for name, task in got.items()}


def test_facts_and_commands(box, ansible):
    template = ansible.write("names.textfsm", "Value NAMEIF (\\S+)\nValue ADDRESS (\\S+)\n\nStart\n"
                             "  ^\\S+ +${NAMEIF} +${ADDRESS} +\\S+ +\\S+ *$$ -> Record\n")
    got = ansible.run(
        ("facts", "cisco.asa.asa_facts", {"gather_subset": ["all"], "gather_network_resources": ["acls", "ogs"]}),
        ("commands", "cisco.asa.asa_command", {"commands": ["show version", "show running-config all"],
                                               "wait_for": ["result[0] contains 'Software Version'"]}),
        ("command", "ansible.netcommon.cli_command", {"command": "show curpriv"}),
        ("question", "ansible.netcommon.cli_command", {
            "command": "copy running-config disk0:/kept.cfg", "check_all": True, "prompt": ["filename", "filename"],
            "answer": ["running-config", "kept.cfg"]}),
        ("parse", "ansible.utils.cli_parse", {
            "command": "show ip address", "parser": {"name": "ansible.utils.textfsm", "template_path": template}}),
    )
    facts = got["facts"]["ansible_facts"]
    assert facts["ansible_net_hostname"] == "fw" and facts["ansible_net_version"] == "9.3(1)"
    assert facts["ansible_net_serialnum"] in got["commands"]["stdout"][0]
    assert facts["ansible_net_image"].startswith("disk0:/")
    assert facts["ansible_net_filesystems"] == ["disk0:"]
    assert facts["ansible_net_filesystems_info"]["disk0:"]["spacefree_kb"] > 0
    assert facts["ansible_net_memtotal_mb"] >= facts["ansible_net_memfree_mb"] > 0 < facts["ansible_net_memused_mb"]
    assert facts["ansible_net_config"].endswith(": end")
    assert got["commands"]["stdout"][1].endswith(": end")
    assert "Current privilege level : 15" in got["command"]["stdout"]
    assert "kept.cfg" in box.con.cmd("dir disk0:/")
    assert {"NAMEIF": "inside", "ADDRESS": "10.0.0.1"} in got["parse"]["parsed"]


def test_configuration_is_idempotent(box, ansible):
    src = ansible.write("voice.cfg", "\n".join(CONFIG) + "\n")
    got = ansible.run(
        ("first", "cisco.asa.asa_config", {"src": src, "save": True}),
        ("second", "cisco.asa.asa_config", {"src": src}),
        ("parents", "cisco.asa.asa_config", {
            "lines": ["host 10.0.0.78"], "parents": ["object network pbx2"],
            "backup": True, "backup_options": {"dir_path": ansible.home, "filename": "before.cfg"}}),
        ("parents again", "cisco.asa.asa_config", {"lines": ["host 10.0.0.78"], "parents": ["object network pbx2"],
                                                   "match": "strict", "defaults": True}),
        ("whole block", "cisco.asa.asa_config", {"lines": ["description two", "host 10.0.0.79"], "replace": "block",
                                                 "parents": ["object network pbx2"]}),
        ("secrets", "cisco.asa.asa_config", {"lines": ["hostname fw"], "passwords": True}),
        ("backup", "ansible.netcommon.cli_config", {"backup": True, "backup_options": {
            "dir_path": ansible.home, "filename": "whole.cfg"}}),
    )
    want = dict.fromkeys(got, False) | dict.fromkeys(("first", "parents", "whole block", "backup"), True)
    assert changes(got) == want
    before = open(ansible.home + "/before.cfg").read()
    assert "inspect icmp" in before and "pbx2" not in before
    assert "timeout conn 1:00:00" in open(ansible.home + "/whole.cfg").read()
    assert "inspect icmp" in box.con.cmd("show startup-config")
    assert "host 10.0.0.79" in box.con.cmd("show running-config object id pbx2")


def test_refusals_fail_the_task(ansible):
    got = ansible.run(
        ("command", "cisco.asa.asa_command", {"commands": ["show nonsense"], "retries": 1}),
        ("line", "cisco.asa.asa_config", {"lines": ["object network"]}),
        ("in use", "cisco.asa.asa_config", {"lines": ["no object network none-such"]}),
        check=False)
    assert all(task.get("failed") for task in got.values()), changes(got)
    assert "Invalid input" in got["command"]["msg"]


def test_access_lists(box, ansible):
    web, sip = ace(1, "10.0.0.5", "www"), ace(2, "10.0.0.6", "sip", log="errors")
    got = ansible.run(
        ("merged", *acls("merged", web, sip)),
        ("merged again", *acls("merged", web, sip)),
        ("gathered", *acls("gathered")),
        ("replaced", *acls("replaced", ace(1, "10.0.0.7", "https"))),
        ("replaced again", *acls("replaced", ace(1, "10.0.0.7", "https"))),
        ("another", *acls("merged", ace(1, "10.0.0.8", "tftp", "udp"), name="other")),
        ("overridden", *acls("overridden", web)),
        ("overridden again", *acls("overridden", web)),
        ("left", "cisco.asa.asa_command", {"commands": ["show running-config access-list"]}),
        ("deleted", *acls("deleted")),
        ("deleted again", *acls("deleted")),
    )
    again = {name: task["changed"] for name, task in got.items() if name in ("left", "gathered") or "again" in name}
    assert not any(again.values()), json.dumps({n: got[n] for n, c in again.items() if c}, indent=1)
    assert all(got[n]["changed"] for n in ("merged", "replaced", "another", "overridden", "deleted"))
    assert got["left"]["stdout"] == ["access-list edge extended permit tcp any host 10.0.0.5 eq www"]
    assert "edge" not in box.con.cmd("show running-config access-list")


def test_object_groups(box, ansible):
    got = ansible.run(
        ("merged", *groups("merged", "10.0.0.11", "10.0.0.12", ports=["www", "sip"])),
        ("merged again", *groups("merged", "10.0.0.11", "10.0.0.12", ports=["www", "sip"])),
        ("gathered", *groups("gathered")),
        ("replaced", *groups("replaced", "10.0.0.13")),
        ("replaced again", *groups("replaced", "10.0.0.13")),
        ("overridden", *groups("overridden", "10.0.0.14")),
        ("overridden again", *groups("overridden", "10.0.0.14")),
        ("left", "cisco.asa.asa_command", {"commands": ["show running-config object-group"]}),
        ("deleted", *groups("deleted")),
        ("deleted again", *groups("deleted")),
    )
    again = {name: task["changed"] for name, task in got.items() if name in ("left", "gathered") or "again" in name}
    assert not any(again.values()), json.dumps({n: got[n] for n, c in again.items() if c}, indent=1)
    assert all(got[n]["changed"] for n in ("merged", "replaced", "overridden", "deleted"))
    assert got["left"]["stdout_lines"] == [["object-group network phones", " description desks",
                                            " network-object host 10.0.0.14"]]
    assert "phones" not in box.con.cmd("show running-config object-group")
