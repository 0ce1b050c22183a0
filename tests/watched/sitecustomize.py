"""Put where Python looks at its start: notes beside itself which programs and connections a process asks for.

A test copies it to a folder of its own and names that in PYTHONPATH. In a decoder, where libraries written in C
read a stranger's bytes, the kernel itself ends a process that starts a program or opens a socket (seccomp).
"""

import ctypes
import os
import platform
import sys

NOTES = os.path.join(os.path.dirname(__file__), "notes")
ASKED = ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")
# machine: (architecture as the kernel's audit names it, execve, execveat, socket)
CALLS = {"x86_64": (0xC000003E, 59, 322, 41), "aarch64": (0xC00000B7, 221, 281, 198)}
LOAD, EQUALS, RETURN, KILL, ALLOW, AF_UNIX = 0x20, 0x15, 0x06, 0x80000000, 0x7FFF0000, 1
NO_NEW_PRIVILEGES, SECCOMP, FILTER = 38, 22, 2


class Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("if_so", ctypes.c_uint8),
        ("if_not", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    ]


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("instructions", ctypes.POINTER(Instruction))]


def note(words: str) -> None:
    with open(NOTES, "a") as file:
        file.write(f"{words}\n")


def watch(event: str, arguments: tuple) -> None:
    if event in ASKED:
        note(f"{event} {arguments[:2]!r}")


def lock_up() -> bool:
    """Whether from now on this process ends when it starts a program, or opens a socket that leads elsewhere."""
    if sys.platform != "linux" or platform.machine() not in CALLS:
        return False
    architecture, execve, execveat, socket = CALLS[platform.machine()]
    steps = [
        (LOAD, 0, 0, 4), (EQUALS, 0, 6, architecture),
        (LOAD, 0, 0, 0), (EQUALS, 5, 0, execve), (EQUALS, 4, 0, execveat), (EQUALS, 0, 2, socket),
        (LOAD, 0, 0, 16), (EQUALS, 0, 1, AF_UNIX),
        (RETURN, 0, 0, ALLOW), (RETURN, 0, 0, KILL),
    ]  # fmt: skip
    instructions = (Instruction * len(steps))(*(Instruction(*step) for step in steps))
    program = Program(len(steps), instructions)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    return libc.prctl(SECCOMP, FILTER, ctypes.byref(program), 0, 0) == 0


sys.addaudithook(watch)
if "photos.decoder" in sys.orig_argv:
    note("decoder, locked up" if lock_up() else "decoder")
