"""Writes torch-names.json: the public names of the parts of PyTorch that docs/parity.md counts.

usage: names.py            in a virtual environment with torch, as in tools/fixtures/README.md
"""
import importlib
import inspect
import json
from pathlib import Path

import torch

# which of a module's names are its own: what __all__ says; else classes, functions or both
PARTS = {
    "torch.nn": "classes",
    "torch.nn.functional": "functions",
    "torch.nn.init": "all",
    "torch.nn.utils": "all",
    "torch.optim": "classes",
    "torch.optim.lr_scheduler": "all",
    "torch.linalg": "functions",
    "torch.fft": "functions",
    "torch.special": "all",
    "torch.func": "all",
}


def own(module, which):
    names = module.__all__ if which == "all" else [name for name in dir(module) if not name.startswith("_")]
    values = {name: getattr(module, name) for name in names}
    kept = {name: value for name, value in values.items() if not inspect.ismodule(value)}
    if which == "classes":
        kept = {name: value for name, value in kept.items() if inspect.isclass(value)}
    if which == "functions":
        kept = {name: value for name, value in kept.items() if inspect.isroutine(value)}
    return sorted(kept)


def main():
    names = {part: own(importlib.import_module(part), which) for part, which in PARTS.items()}
    names["torch.Tensor"] = sorted(name for name in dir(torch.Tensor) if not name.startswith("_"))
    file = Path(__file__).with_name("torch-names.json")
    document = {"script": "tools/parity/names.py", "torch": torch.__version__.split("+")[0], "names": names}
    file.write_text(json.dumps(document, indent=1) + "\n")
    print(f"{file.name}: {sum(map(len, names.values()))} names")


if __name__ == "__main__":
    main()
