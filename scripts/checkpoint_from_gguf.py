"""Turn a GGUF file into a checkpoint folder that vLLM serves: weights in bfloat16, tokenizer and chat template.

    python scripts/checkpoint_from_gguf.py SmolLM2-135M-Instruct.Q4_1.gguf checkpoint/

Needs torch, transformers (5.16 or later), gguf and accelerate. The weights are those of the quantised file written out,
no better than they were: good for tests and for machines that reach no hub.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def convert(source: Path, target: Path) -> None:
    """Write the checkpoint of ``source`` into the folder ``target``."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    place = {"gguf_file": source.name}
    tokenizer = AutoTokenizer.from_pretrained(source.parent, **place)
    if not tokenizer.chat_template:
        raise SystemExit(f"{source} carries no chat template; chat requests would have no form")
    dense = GgufConfig(dequantize=True)
    model = AutoModelForCausalLM.from_pretrained(
        source.parent, dtype=torch.bfloat16, quantization_config=dense, **place
    )
    target.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)


def main() -> None:
    """Read the command line and convert."""
    parser = argparse.ArgumentParser(description=convert.__doc__)
    parser.add_argument("source", type=Path, help="a .gguf file")
    parser.add_argument("target", type=Path, help="the folder to write")
    arguments = parser.parse_args()
    convert(arguments.source.resolve(), arguments.target)


if __name__ == "__main__":
    main()
