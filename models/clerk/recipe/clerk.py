"""The clerk model: a Llama of about five million parameters, its tokenizer and its chat template.

Written out in plain PyTorch because training on a CPU spends its time in small operations; the weights
have the names and layout of `transformers.LlamaForCausalLM`, and `export` writes that format.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import yaml
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from torch import Tensor, nn
from torch.nn import functional as f

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
WEIGHTS = HERE.parent / "weights"

DOCUMENT, TASK, ANSWER, END, PAD = "<|document|>", "<|task|>", "<|answer|>", "<|end|>", "<|pad|>"
SPECIAL_TOKENS = [DOCUMENT, TASK, ANSWER, END, PAD]

CHAT_TEMPLATE = (
    "{%- set ns = namespace(document=none, task='', answer=none) -%}"
    "{%- for m in messages -%}"
    "{%- if m['role'] == 'assistant' -%}{%- set ns.answer = m['content'] -%}"
    "{%- elif m['role'] == 'user' and ns.document is none -%}{%- set ns.document = m['content'] -%}"
    "{%- else -%}{%- set ns.task = ns.task + ('\n' if ns.task else '') + m['content'] -%}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{{- '<|document|>' + (ns.document or '') + '<|task|>' + ns.task + '<|answer|>' -}}"
    "{%- if not add_generation_prompt and messages[-1]['role'] == 'assistant' -%}{{- ns.answer + '<|end|>' -}}{%- endif -%}"
)
"""The document comes first and the task after it; an earlier answer is not shown again."""

PRE_TOKENS = "|".join(  # noqa: FLY002 - one alternative a line
    [
        r'\{"',
        r'"[\]\}:,][\]\}:,\[\{ ]*"?',  # what stands between two JSON values, as one piece
        r" ?\p{Ll}+",
        r"\p{Lu}\p{Ll}+",  # a name is the same piece behind a space, a quote or a line end: copying is easy
        r"\p{N}",
        r"\p{L}",
        r"\s",
        r"[^\s\p{L}\p{N}]",
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """The sizes of the network."""

    vocab_size: int = 3072
    hidden_size: int = 256
    intermediate_size: int = 704
    num_hidden_layers: int = 5
    num_attention_heads: int = 4
    rope_theta: float = 10000.0
    rms_norm_eps: float = 1e-5
    max_position_embeddings: int = 4096


def train_tokenizer(texts: Iterable[str], vocab_size: int) -> Tokenizer:
    """Return a byte-level BPE tokenizer whose digits and capitals in codes stand alone."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PRE_TOKENS), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=SPECIAL_TOKENS,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def load_prompts() -> dict[str, str]:
    """Return the system prompt of each shipped task, by name."""
    files = sorted((ROOT / "pipeline" / "tasks").glob("*.yaml"))
    tasks = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in files]
    return {task["name"]: task["prompt"] for task in tasks}


class Block(nn.Module):
    """One Llama layer."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        width = shape.hidden_size
        self.heads = shape.num_attention_heads
        self.eps = shape.rms_norm_eps
        self.input_layernorm = nn.Parameter(torch.ones(width))
        self.post_attention_layernorm = nn.Parameter(torch.ones(width))
        self.qkv_proj = nn.Linear(width, 3 * width, bias=False)
        self.o_proj = nn.Linear(width, width, bias=False)
        self.gate_up_proj = nn.Linear(width, 2 * shape.intermediate_size, bias=False)
        self.down_proj = nn.Linear(shape.intermediate_size, width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, mask: Tensor) -> Tensor:
        """Return `x` after attention and feed-forward; `mask` is true where a token may look."""
        rows, length, width = x.shape
        normed = f.rms_norm(x, (width,), self.input_layernorm.to(x.dtype), self.eps)
        q, k, v = self.qkv_proj(normed).view(rows, length, 3, self.heads, -1).unbind(2)
        q, k = _rotate(q, cos, sin), _rotate(k, cos, sin)
        seen = f.scaled_dot_product_attention(
            q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2), attn_mask=mask
        )
        x = x + self.o_proj(seen.transpose(1, 2).reshape(rows, length, width))
        normed = f.rms_norm(x, (width,), self.post_attention_layernorm.to(x.dtype), self.eps)
        gate, up = self.gate_up_proj(normed).chunk(2, dim=-1)
        return x + self.down_proj(f.silu(gate) * up)


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Apply rotary positions to (rows, length, heads, size)."""
    first, second = x.chunk(2, dim=-1)
    return torch.cat((first * cos - second * sin, second * cos + first * sin), dim=-1)


class Clerk(nn.Module):
    """The whole network; input and output embeddings are tied."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.embed_tokens = nn.Embedding(shape.vocab_size, shape.hidden_size)
        self.layers = nn.ModuleList(Block(shape) for _ in range(shape.num_hidden_layers))
        self.norm = nn.Parameter(torch.ones(shape.hidden_size))
        for parameter in self.parameters():
            if parameter.dim() > 1:
                nn.init.normal_(parameter, std=0.02)
        size = shape.hidden_size // shape.num_attention_heads
        self.register_buffer(
            "frequencies", shape.rope_theta ** (-torch.arange(0, size, 2) / size), persistent=False
        )

    def forward(self, tokens: Tensor, positions: Tensor, mask: Tensor) -> Tensor:
        """Return the last hidden states of (rows, length) tokens."""
        x = (
            self.embed_tokens(tokens).to(torch.bfloat16)
            if torch.is_autocast_enabled("cpu")
            else self.embed_tokens(tokens)
        )
        angles = positions[..., None].float() * self.frequencies
        cos, sin = angles.cos()[:, :, None].to(x.dtype), angles.sin()[:, :, None].to(x.dtype)
        for layer in self.layers:
            x = layer(x, cos, sin, mask)
        return f.rms_norm(x, (x.shape[-1],), self.norm.to(x.dtype), self.shape.rms_norm_eps)


def llama_state(model: Clerk, dtype: torch.dtype) -> dict[str, Tensor]:
    """Return the weights under the names of `LlamaForCausalLM`."""
    width, inner = model.shape.hidden_size, model.shape.intermediate_size
    state = {"model.embed_tokens.weight": model.embed_tokens.weight, "model.norm.weight": model.norm}
    for index, layer in enumerate(model.layers):
        name = f"model.layers.{index}"
        q, k, v = layer.qkv_proj.weight.split(width)
        gate, up = layer.gate_up_proj.weight.split(inner)
        state |= {
            f"{name}.input_layernorm.weight": layer.input_layernorm,
            f"{name}.post_attention_layernorm.weight": layer.post_attention_layernorm,
            f"{name}.self_attn.q_proj.weight": q,
            f"{name}.self_attn.k_proj.weight": k,
            f"{name}.self_attn.v_proj.weight": v,
            f"{name}.self_attn.o_proj.weight": layer.o_proj.weight,
            f"{name}.mlp.gate_proj.weight": gate,
            f"{name}.mlp.up_proj.weight": up,
            f"{name}.mlp.down_proj.weight": layer.down_proj.weight,
        }
    return {name: value.detach().to(dtype).contiguous().clone() for name, value in state.items()}


def export(model: Clerk, tokenizer: Tokenizer, folder: Path) -> None:
    """Write the Hugging Face format: configuration, weights in bfloat16, tokenizer, chat template."""
    folder.mkdir(parents=True, exist_ok=True)
    ids = {token: tokenizer.token_to_id(token) for token in SPECIAL_TOKENS}
    shape = asdict(model.shape)
    theta = shape.pop("rope_theta")
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        **shape,
        "num_key_value_heads": model.shape.num_attention_heads,
        "head_dim": model.shape.hidden_size // model.shape.num_attention_heads,
        "hidden_act": "silu",
        "attention_bias": False,
        "mlp_bias": False,
        "rope_theta": theta,
        "tie_word_embeddings": True,
        "bos_token_id": ids[DOCUMENT],
        "eos_token_id": ids[END],
        "pad_token_id": ids[PAD],
        "torch_dtype": "bfloat16",
    }
    generation = {"bos_token_id": ids[DOCUMENT], "eos_token_id": ids[END], "pad_token_id": ids[PAD]}
    tokenizer_config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "model_max_length": model.shape.max_position_embeddings,
        "bos_token": DOCUMENT,
        "eos_token": END,
        "pad_token": PAD,
        "additional_special_tokens": [TASK, ANSWER],
        "clean_up_tokenization_spaces": False,
        "chat_template": CHAT_TEMPLATE,
    }
    for name, content in {
        "config.json": config,
        "generation_config.json": generation,
        "tokenizer_config.json": tokenizer_config,
    }.items():
        (folder / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    tokenizer.save(str(folder / "tokenizer.json"))
    save_file(llama_state(model, torch.bfloat16), folder / "model.safetensors", metadata={"format": "pt"})
