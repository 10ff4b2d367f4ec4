"""What a chaos run found, in one line."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Verdict:
    """`different` says what does not fit, in sentences, those of the numbers among them."""

    kills: int
    acknowledged: int
    lost: int
    double: int
    checkpoints: int
    contradictions: int
    missing: int
    different: tuple[str, ...]

    @property
    def fine(self) -> bool:
        """Whether every promise held."""
        return not (
            self.lost or self.double or self.contradictions or self.missing or self.different
        )

    def __str__(self) -> str:
        return (
            f"kills {self.kills} · acknowledged {self.acknowledged:,} · lost {self.lost} · "
            f"double {self.double} · checkpoints {self.checkpoints:,} · "
            f"contradictions {self.contradictions} · missing tiles {self.missing}"
        )


def total(verdicts: Sequence[Verdict]) -> Verdict:
    """Several runs as one."""
    return Verdict(
        sum(each.kills for each in verdicts),
        sum(each.acknowledged for each in verdicts),
        sum(each.lost for each in verdicts),
        sum(each.double for each in verdicts),
        sum(each.checkpoints for each in verdicts),
        sum(each.contradictions for each in verdicts),
        sum(each.missing for each in verdicts),
        tuple(sentence for each in verdicts for sentence in each.different),
    )
