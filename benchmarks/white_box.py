"""What a model's insides say about segments: gradient x input, and attention. An oracle for ``planted.py``, no product.

Reads a JSON list of prompts from standard input and writes scores by prompt and segment; needs torch and transformers,
and nothing of Glasswork. Exit status 3: they are not installed.

    python benchmarks/white_box.py CHECKPOINT < prompts.json

A prompt: ``{"id", "orders": [{"messages", "labels", "chosen"}], "pieces": {segment: text}}``. Scores are averaged over
the orders. *gradient x input*: of the margin of the chosen label, by the embedding of each token, summed over a
segment's tokens in absolute value (Simonyan et al. 2013; Shrikumar et al. 2017). *attention*: what the last token
attends to, averaged over layers and heads, summed over a segment's tokens.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from importlib import import_module
from typing import Any

Scores = dict[str, dict[str, float]]


class Insides:
    """A checkpoint, opened."""

    def __init__(self, checkpoint: str) -> None:
        transformers: Any = import_module("transformers")
        self.tokenizer: Any = transformers.AutoTokenizer.from_pretrained(checkpoint)
        self.model: Any = transformers.AutoModelForCausalLM.from_pretrained(
            checkpoint, attn_implementation="eager"
        ).eval()

    def scores(self, prompt: dict[str, Any]) -> Scores:
        """Score every segment of a prompt."""
        totals: Scores = {"gradient x input": defaultdict(float), "attention": defaultdict(float)}
        for order in prompt["orders"]:
            text = self.tokenizer.apply_chat_template(order["messages"], tokenize=False, add_generation_prompt=True)
            encoded = self.tokenizer(text, return_offsets_mapping=True, add_special_tokens=False, return_tensors="pt")
            gradient, attention = self._tokens(encoded["input_ids"], order["labels"], order["chosen"])
            for segment, piece in prompt["pieces"].items():
                start = text.index(piece)
                inside = [
                    low < start + len(piece) and high > start for low, high in encoded["offset_mapping"][0].tolist()
                ]
                share = 1 / len(prompt["orders"])
                totals["gradient x input"][segment] += share * _sum(gradient, inside)
                totals["attention"][segment] += share * _sum(attention, inside)
        return totals

    def _tokens(self, ids: Any, labels: list[str], chosen: str) -> tuple[list[float], list[float]]:
        """Return both scores of each token."""
        torch: Any = import_module("torch")
        embedded = self.model.get_input_embeddings()(ids).detach().requires_grad_(True)
        out = self.model(inputs_embeds=embedded, output_attentions=True)
        logits = out.logits[0, -1]
        tokens = {label: self.tokenizer.encode(label, add_special_tokens=False)[0] for label in labels}
        others = torch.stack([logits[tokens[label]] for label in labels if label != chosen])
        (logits[tokens[chosen]] - torch.logsumexp(others, 0)).backward()
        gradient = (embedded.grad * embedded).sum(-1).abs()[0].detach().tolist()
        attention = torch.stack([layer[0, :, -1] for layer in out.attentions]).mean((0, 1)).detach().tolist()
        return gradient, attention


def _sum(values: list[float], inside: list[bool]) -> float:
    return sum(value for value, there in zip(values, inside, strict=True) if there)


def main() -> int:
    """Read prompts, write scores."""
    try:
        torch, transformers = import_module("torch"), import_module("transformers")
    except ImportError as error:
        print(f"no white box: {error.name} is not installed", file=sys.stderr)
        return 3
    torch.manual_seed(0)
    transformers.logging.set_verbosity_error()
    insides = Insides(sys.argv[1])
    print(json.dumps({prompt["id"]: insides.scores(prompt) for prompt in json.load(sys.stdin)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
