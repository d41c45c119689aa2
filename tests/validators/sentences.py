"""Holds what was seen of a program against sentences about it, and says which are not true."""

import sys


def add_arguments(parser):
    parser.add_argument("--until", metavar="WORD", help="end at the first sentence that is not true and whose report has this word")


def judge(cases, until=None):
    """How many sentences are true, if all are. Each case is a sentence, whether it holds, and the run that it is about."""
    checked, wrong = 0, 0
    for sentence, holds, run in cases:
        checked += 1
        if holds:
            continue
        wrong += 1
        overlay = f", overlay {run.digest}" if hasattr(run, "digest") else ""
        report = f"not true: {sentence}\n  exit code {run.code}{overlay}\n"
        report += "".join(f"  {call}\n" for call in run.calls) + run.output
        print(report, file=sys.stderr)
        if until and until in report:
            break
    return None if wrong else checked
