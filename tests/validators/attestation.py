"""A stand-in for the GitHub CLI, and what every deploy.sh makes of its answers.

It was not run against GitHub: what the program takes and answers is as its manual has it.
"""

# An image without attestations and one with those of another workflow, branch or repository are the same to it: it says no.
GH = """#!/bin/sh
case "$*" in
  "attestation verify "*" --predicate-type $UNATTESTED "*) echo "no attestations" >&2; exit 1 ;;
  "attestation verify "*" --source-ref refs/heads/main"*) ;;
  "attestation"*) echo "nothing is known about: $*" >&2; exit 1 ;;
  *) echo "gh $*" >> "$CALLS" ;;
esac
"""
PREDICATES = ("https://slsa.dev/provenance/v1", "https://spdx.dev/Document/v2.3")
REFUSED = "has not attested"


def attestations(script, run, has_changed):
    """Yields a sentence, whether it holds, and the run; `run` takes what the environment of a deployment has beside the usual."""
    if "gh attestation verify" not in script.read_text(encoding="utf-8"):
        return
    for predicate in PREDICATES:
        done = run(UNATTESTED=predicate)
        holds = done.code == 1 and REFUSED in done.output and not has_changed(done)
        yield f"an image that the workflow has not attested ({predicate}) is refused before anything changes", holds, done
    done = run(UNATTESTED=PREDICATES[0], ATTESTATION="none")
    yield "an image without attestations is deployed where somebody says so", done.code == 0, done
