"""Synthetic pages in which nobody is named, from `nobody.txt`: what else is written with a capital.

Names of people's kind do occur in them, as firms, storms, diseases and streets: the model learns
that a name alone makes no person. Nothing else is taught by these pages.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator

from fillers import read_groups
from names import Names, made_up

SLOT = re.compile(r"\{([A-Za-z]+)\}")
FEWEST, MOST = 5, 12  # sentences of a page
JOINS = ("\n", "\n", " ", "\n\n")

DRUGS = [
    "paracetamol",
    "ibuprofen",
    "aspirin",
    "codeine",
    "morphine",
    "tramadol",
    "diclofenac",
    "naproxen",
    "amoxicillin",
    "penicillin",
    "doxycycline",
    "clarithromycin",
    "ciprofloxacin",
    "metronidazole",
    "fluconazole",
    "aciclovir",
    "atorvastatin",
    "simvastatin",
    "rosuvastatin",
    "amlodipine",
    "ramipril",
    "lisinopril",
    "losartan",
    "candesartan",
    "bisoprolol",
    "atenolol",
    "furosemide",
    "spironolactone",
    "digoxin",
    "warfarin",
    "heparin",
    "clopidogrel",
    "metformin",
    "gliclazide",
    "insulin",
    "levothyroxine",
    "prednisolone",
    "budesonide",
    "salbutamol",
    "salmeterol",
    "omeprazole",
    "lansoprazole",
    "ranitidine",
    "loperamide",
    "sertraline",
    "citalopram",
    "fluoxetine",
    "amitriptyline",
    "diazepam",
    "lorazepam",
    "zopiclone",
    "lithium",
    "olanzapine",
    "risperidone",
    "haloperidol",
    "gabapentin",
    "pregabalin",
    "carbamazepine",
    "valproate",
    "methotrexate",
    "azathioprine",
    "tamoxifen",
    "letrozole",
    "cisplatin",
    "rituximab",
    "infliximab",
    "allopurinol",
    "colchicine",
    "sildenafil",
    "milrinone",
    "dobutamine",
    "tacrolimus",
    "oestrogen",
    "progesterone",
    "testosterone",
    "hydrocortisone",
    "betamethasone",
    "clotrimazole",
    "nystatin",
    "permethrin",
]
ENDINGS = "ine ide ol ate pril sartan statin azole mab cillin mycin oxin one zole pam tide vir fen id ax ex il on um".split()  # noqa: SIM905 - reads as what it is
SOFTWARE = [
    "Django",
    "Celery",
    "Jenkins",
    "Claude",
    "Gemini",
    "Alexa",
    "Siri",
    "Cortana",
    "Hudson",
    "Maven",
    "Kafka",
    "Cassandra",
    "Julia",
    "Ruby",
    "Pascal",
    "Ada",
    "Haskell",
    "Gatsby",
    "Hugo",
    "Jekyll",
    "Pandas",
    "Keras",
    "Nemo",
    "Bert",
    "Elmo",
    "Falcon",
    "Llama",
    "Mistral",
    "Watson",
    "Einstein",
    "Ray",
    "Dask",
    "Prefect",
    "Dagster",
    "Airflow",
    "Luigi",
    "Angular",
    "Ember",
    "Svelte",
    "Flask",
    "Tornado",
    "Bottle",
    "Perl",
    "Python",
    "Rust",
    "Kotlin",
    "Scala",
    "Swift",
    "Spark",
    "Flink",
    "Beam",
    "Storm",
    "Hadoop",
    "Hive",
    "Pig",
    "Docker",
    "Kubernetes",
    "Helm",
    "Terraform",
    "Vault",
    "Consul",
    "Nomad",
    "Ansible",
    "Puppet",
    "Chef",
    "Salt",
    "Grafana",
    "Prometheus",
    "Jaeger",
    "Zipkin",
    "Redis",
    "Postgres",
    "Oracle",
    "Neo4j",
    "Dgraph",
    "Lucene",
    "Solr",
    "Vespa",
    "Milvus",
    "Weaviate",
    "Chroma",
    "Codex",
    "Copilot",
    "Cursor",
    "Devin",
    "Jules",
    "Sonnet",
    "Haiku",
    "Opus",
    "Grok",
    "Dynamo",
    "Triton",
    "Nemotron",
    "Phi",
    "Qwen",
    "Gemma",
    "Granite",
    "Olivia",
    "Clippy",
    "Eliza",
    "Tesseract",
    "Whisper",
    "Dolly",
    "Sora",
    "Perplexity",
    "Harvey",
    "Hermes",
    "Athena",
    "Apollo",
    "Artemis",
    "Atlas",
    "Jasper",
    "Otto",
    "Max",
    "Oscar",
    "Sage",
    "Mathematica",
    "Stan",
    "Jupyter",
    "Colab",
    "Nix",
    "Guix",
    "Debian",
    "Fedora",
    "Ubuntu",
    "Raspbian",
    "Arch",
    "Gentoo",
    "Emacs",
    "Vim",
    "Nano",
    "Kate",
    "Gwen",
    "Ruff",
    "Black",
    "Mypy",
    "Sphinx",
    "Pelican",
    "Hypothesis",
]
DISEASES = """Crohn's disease|Addison's disease|Parkinson's disease|Alzheimer's disease|Hodgkin lymphoma|Down syndrome|Raynaud's
phenomenon|Graves' disease|Sjögren's syndrome|Cushing's syndrome|Wilson's disease|Huntington's disease|Paget's disease|Meniere's
disease|Bell's palsy|Barrett's oesophagus|Kawasaki disease|Lyme disease|Tourette syndrome|Asperger syndrome|Marfan syndrome|asthma|diabetes|high
blood pressure|gout|COPD|angina|migraine|hay fever|epilepsy""".replace("\n", " ").split("|")
TESTS = [
    "Wilcoxon",
    "Kruskal-Wallis",
    "Mann-Whitney",
    "Student's t",
    "Fisher exact",
    "Bonferroni",
    "Kaplan-Meier",
    "Cox",
    "Pearson",
    "Spearman",
    "Likert",
    "Markov",
    "Bayes",
    "Gauss",
    "Poisson",
    "Rinne",
    "Romberg",
    "Schirmer",
    "Coombs",
]
CLASSES = [
    "beta-blockers",
    "Oestrogens",
    "ACE inhibitors",
    "Corticosteroids",
    "statins",
    "Antihistamines",
    "Non-Steroidal Anti-Inflammatory Drugs",
    "loop diuretics",
]
FIRMS = [
    "Pharmaceuticals",
    "Industries",
    "Corp.",
    "Inc.",
    "Ltd",
    "Limited",
    "GmbH",
    "Holdings",
    "Group plc",
    "Motors",
    "Electronics",
    "Foods",
    "Laboratories",
]
THINGS = [
    "evaluation tasks",
    "data pipelines",
    "queues",
    "image files",
    "spare parts",
    "carpets",
    "solar panels",
    "tokens",
    "requests",
    "routing rules",
    "power tools",
    "heat",
    "magnetic fields",
    "web pages",
]
WORDS = "Power Menu Reset Silver Crystal Summer Royal Master Service Quality Control Smart Turbo Classic Ocean Return Kings Magic Minoan Methyl Congo Sprint Water Energy Border Safety Planning Housing".split()  # noqa: SIM905 - same
DEFINED = [
    "Lessee",
    "Lessor",
    "Buyer",
    "Seller",
    "Licensor",
    "Licensee",
    "Company",
    "Commission",
    "Agency",
    "Contractor",
    "Purchaser",
    "Trustee",
    "Board",
    "Controller",
    "Minister",
    "Borrower",
]
MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905 - same
ROMAN = "I II III IV V VI VII VIII IX X XI XII XIV XX".split()  # noqa: SIM905 - same


def drug(rng: random.Random) -> str:
    """Return a medicine, half of them made up, some with a capital."""
    name = rng.choice(DRUGS) if rng.random() < 0.5 else made_up(rng).lower() + rng.choice(ENDINGS)
    return name.capitalize() if rng.random() < 0.6 else name


def brand(rng: random.Random) -> str:
    """Return a made-up brand."""
    name = made_up(rng)
    draw = rng.random()
    if draw < 0.3:
        return name + rng.choice(ENDINGS)
    return name.upper() if draw < 0.4 else f"{name}-{made_up(rng)}" if draw < 0.45 else name


def camel(rng: random.Random) -> str:
    """Return the name of a class."""
    return "".join(rng.choice(WORDS) for _ in range(rng.choice((2, 2, 3)))) + rng.choice(
        ("", "Config", "Router", "Manager")
    )


def _fillers(names: Names, rng: random.Random) -> dict[str, Callable[[], str]]:
    return {
        "drug": lambda: drug(rng),
        "brand": lambda: brand(rng),
        "BRAND": lambda: brand(rng).upper(),
        "software": lambda: rng.choice(SOFTWARE) if rng.random() < 0.8 else brand(rng),
        "Camel": lambda: camel(rng),
        "disease": lambda: rng.choice(DISEASES) if rng.random() < 0.7 else f"{names.last(rng)}'s disease",
        "test": lambda: rng.choice(TESTS),
        "class": lambda: rng.choice(CLASSES),
        "firm": lambda: rng.choice(FIRMS),
        "thing": lambda: rng.choice(THINGS),
        "Word": lambda: rng.choice(WORDS),
        "defined": lambda: rng.choice(DEFINED),
        "month": lambda: rng.choice(MONTHS),
        "ROMAN": lambda: rng.choice(ROMAN),
        "acronym": lambda: "".join(rng.choice("ABCDEILMNOPRSTV") for _ in range(rng.randint(3, 7))),
        "year": lambda: str(rng.randint(1950, 2026)),
        "n": lambda: str(rng.randint(2, 99)),
        "first": lambda: names.first(rng),
        "last": lambda: names.last(rng),
        "place": lambda: names.place(rng),
        "made": lambda: made_up(rng),
    }


def pages(names: Names, *, count: int, seed: int) -> Iterator[str]:
    """Yield `count` pages; one name stands for the same thing all over its page."""
    rng = random.Random(seed)
    kinds = sorted(read_groups("nobody.txt").items())
    fillers = _fillers(names, rng)
    for _ in range(count):
        _, sentences = rng.choice(kinds)
        known: dict[str, list[str]] = {}

        def fill(slot: re.Match[str], known: dict[str, list[str]] = known) -> str:
            kept = known.setdefault(slot[1], [])
            if slot[1] in {"drug", "brand", "software", "last"} and kept and rng.random() < 0.5:
                return rng.choice(kept)
            kept.append(fillers[slot[1]]())
            return kept[-1]

        chosen = rng.sample(sentences, min(len(sentences), rng.randint(FEWEST, MOST)))
        yield rng.choice(JOINS).join(SLOT.sub(fill, one) for one in chosen)
