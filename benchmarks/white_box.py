"""What a model's insides say about segments: gradient x input, and attention. An oracle for ``planted.py``, no product.

Reads a JSON list of prompts from standard input and writes scores by prompt and segment; needs torch and transformers,
and nothing of Glasswork. Exit status 3: they are not installed.

    python benchmarks/white_box.py CHECKPOINT [CAPTUM] < prompts.json

A prompt: ``{"id", "orders": [{"messages", "labels", "chosen"}], "pieces": {segment: text}}``. Scores are averaged over
the orders. *gradient x input*: of the margin of the chosen label, by the embedding of each token, summed over a
segment's tokens in absolute value (Simonyan et al. 2013; Shrikumar et al. 2017). *attention*: what the last token
attends to, averaged over layers and heads, summed over a segment's tokens. *captum*, of the first CAPTUM prompts: the
``FeatureAblation`` of captum over segments that are there or not, as a cross-check of leaving one out.
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
        torch: Any = import_module("torch")
        transformers: Any = import_module("transformers")
        self.tokenizer: Any = transformers.AutoTokenizer.from_pretrained(checkpoint)
        self.model: Any = transformers.AutoModelForCausalLM.from_pretrained(
            # bfloat16 would round logits to steps of an eighth, and many effects are smaller than that.
            checkpoint,
            dtype=torch.float32,
            attn_implementation="eager",
        ).eval()
        self.model.requires_grad_(False)  # only the inputs' gradients are read

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

    def captum(self, prompt: dict[str, Any]) -> dict[str, float]:
        """Return what captum's feature ablation makes of each segment, averaged over the orders."""
        torch: Any = import_module("torch")
        ablation: Any = import_module("captum.attr").FeatureAblation
        ids = list(prompt["pieces"])
        totals: dict[str, float] = defaultdict(float)
        for order in prompt["orders"]:

            def margin(there: Any, order: dict[str, Any] = order) -> Any:
                return torch.stack([self._margin(prompt, order, row) for row in there.tolist()])

            found = ablation(margin).attribute(torch.ones(1, len(ids)))
            for segment, value in zip(ids, found[0].tolist(), strict=True):
                totals[segment] += value / len(prompt["orders"])
        return totals

    def _margin(self, prompt: dict[str, Any], order: dict[str, Any], there: list[float]) -> Any:
        """Return the margin of the chosen label with some segments taken out of the prompt."""
        torch: Any = import_module("torch")
        pieces = list(prompt["pieces"].values())
        left = "\n\n".join(piece for piece, stays in zip(pieces, there, strict=True) if stays)
        whole = "\n\n".join(pieces)
        messages = [one | {"content": one["content"].replace(whole, left)} for one in order["messages"]]
        text = self.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        with torch.no_grad():
            logits = self.model(**self.tokenizer(text, add_special_tokens=False, return_tensors="pt")).logits[0, -1]
        return self._preference(logits, order["labels"], order["chosen"])

    def _preference(self, logits: Any, labels: list[str], chosen: str) -> Any:
        torch: Any = import_module("torch")
        tokens = {label: self.tokenizer.encode(label, add_special_tokens=False)[0] for label in labels}
        others = torch.stack([logits[tokens[label]] for label in labels if label != chosen])
        return logits[tokens[chosen]] - torch.logsumexp(others, 0)

    def _tokens(self, ids: Any, labels: list[str], chosen: str) -> tuple[list[float], list[float]]:
        """Return both scores of each token."""
        torch: Any = import_module("torch")
        embedded = self.model.get_input_embeddings()(ids).detach().requires_grad_(True)
        out = self.model(inputs_embeds=embedded, output_attentions=True)
        logits = out.logits[0, -1]
        self._preference(logits, labels, chosen).backward()
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
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    found: dict[str, Scores] = {}
    for number, prompt in enumerate(json.load(sys.stdin)):
        found[prompt["id"]] = insides.scores(prompt)
        if number < first:
            found[prompt["id"]]["captum"] = insides.captum(prompt)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
