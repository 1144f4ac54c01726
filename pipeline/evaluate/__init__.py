"""How wrong a detector and a policy are on labelled documents. Pure: reads what it is given, writes nothing.

Words
1. A *labelled span* is what people marked: a half-open span of code points and an entity. Foreign
   labels become entities by `labels.yaml`.
2. It is *found, right type* when a finding of its entity shares a character with it, *found, any* when
   any finding does, *found exactly* when one of its entity has its very span, and *found by the policy*
   when one of its entity reaches the policy's threshold.
3. A finding is *right* when it shares a character with a labelled span of its entity. Only entities that
   the set labels anywhere are judged: elsewhere nobody knows. A narrower entity counts for the wider
   one that `labels.yaml` names (a birth date is a date).
4. Inside a span that is *unsaid* nobody marked anything: labelled spans and findings there do not count.
5. A *direct identifier* is a labelled span of an entity that alone makes a document at least
   confidential under the policy, a name of a person only where the document is about health or finance.
6. A document *leaks* when it holds a labelled direct identifier and is routed `closed`; it leaks *in
   part* when it goes out pseudonymised and one of them still stands in what is sent.
7. An *ordinary* document is known to be non-sensitive. It is *over-routed* when its route is neither
   `closed` nor `closed_pseudonymised`.

docs/evaluation.md explains each for people who read a report.
"""
