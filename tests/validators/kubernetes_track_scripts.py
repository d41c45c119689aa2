"""The scripts of two tracks, as sentences and whether they hold."""

import re

from kubernetes_script_promises import administration, comparison, guards, interrupted, outage, patience, refusals
from kubernetes_stand_in import DIGEST, OTHER, ZEROS, Run


def tracks(project, environment, files):
    def deploy(arguments=(environment, DIGEST), **settings):
        return Run(project, environment, "deploy.sh", arguments, **({"LIVE": "blue"} | settings))

    def digests(run):
        return run.digest_in("blue/kustomization.yaml"), run.digest_in("green/kustomization.yaml")

    for live, idle in (("blue", "green"), ("green", "blue")):
        run = deploy(LIVE=live)
        yield f"a rollout of {idle} that finishes exits 0", run.code == 0, run
        expected = ["create", "apply", "apply", "rollout", "create", "apply", "delete"]
        yield "it locks, tries, applies, waits, keeps what it applied and unlocks in this order", run.verbs == expected, run
        yield f"nothing of {live} is applied", len(run.called("apply", f"--selector track!={live}")) == 2, run
        yield f"the rollout of {idle} is awaited", run.called("rollout status deployment/", f"-{idle}"), run
        yield f"{idle} alone is kept for the way back", f"-{idle}\n" in run.kept["now"] and DIGEST in run.kept["now"], run
        yield "the overlay says what each track runs", dict(zip((live, idle), (OTHER, DIGEST))) == dict(zip(("blue", "green"), digests(run))), run
        yield "the overlay says which track is live", run.tracks() == [live, idle], run
        yield "clients are not switched", not run.called("patch service"), run
        yield "it says how to switch to this image", f"switch.sh {environment} {DIGEST}" in run.output, run
        yield "no other file is left behind", sorted(run.text) == files, run

    run = deploy(WAY_BACK=ZEROS)
    forgotten = run.place("annotate service", "way-back-")
    applied = run.calls.index([call for call in run.called("apply", "--selector") if "--dry-run" not in call][0])
    yield "the way back is closed before its track is changed", 0 <= forgotten < applied, run
    yield "after a deployment the way back stays closed", not run.called("annotate service", f"way-back={ZEROS}"), run

    run = deploy(STATUS=1, WAY_BACK=ZEROS)
    yield "a rollout that does not finish exits 1", run.code == 1, run
    yield "what the other track ran is applied again, by the same owner", run.verbs.count("apply") == 3, run
    yield "nothing is undone past the files", not run.called("rollout undo"), run
    yield "a track that went back is the way back again", run.called("annotate service", f"way-back={ZEROS}"), run
    yield "the overlay names the image before", digests(run)[1] == ZEROS, run
    run = deploy(STATUS=1, STATUS_OF_UNDO=1, WAY_BACK=ZEROS)
    yield "a way back that fails is told", run.code == 1 and "so did the rollback" in run.output, run
    yield "a track that did not go back is no way back", not run.called("annotate service", f"way-back={ZEROS}"), run

    run = deploy(LIVE="", NOW="")
    yield "the first deployment brings the image to both tracks", run.code == 0 and digests(run) == (DIGEST, DIGEST), run
    yield "both are awaited", len(run.called("rollout status")) == 2, run
    run = deploy(LIVE="", NOW="", STATUS=1)
    yield "a first rollout that fails exits 1 and is not undone", run.code == 1 and run.verbs.count("apply") == 2, run

    run = deploy(DRY_RUN=1)
    yield "what the API server refuses is not applied", run.code != 0 and run.verbs.count("apply") == 1, run
    yield "what is not applied does not close the way back", not run.called("annotate"), run
    run = deploy(LIVE="red")
    yield "a track that there is not is refused", run.code == 1 and "apply" not in run.verbs, run
    run = deploy(PREVIEW="blue")
    yield "a switch that was killed half-way is finished before anything is deployed", run.code == 1 and "apply" not in run.verbs, run
    yield from refusals(project, environment, deploy)
    yield from guards(environment, deploy)
    yield from interrupted(deploy)
    yield from comparison(deploy)
    yield from patience(deploy, {"STATUS": 1, "PROGRESS": "4/4/ReplicaSetUpdated/"}, {"PROGRESS": "4/4/ReplicaSetUpdated/"})
    yield from outage(deploy, "rollout status|get deployment .*generation", "rollout status")
    yield from switching(project, environment)
    yield from administration(project, environment)


def switching(project, environment):
    def switch(*arguments, **settings):
        return Run(project, environment, "switch.sh", [environment, *arguments], **({"LIVE": "blue"} | settings))

    def led(run):
        return [found for found in (re.search(r'patch service (\S+) .*"track":"(\w+)"', call) for call in run.calls) if found]

    def stays(run):
        return not led(run) and run.tracks() == ["blue", "green"]

    for live, idle in (("blue", "green"), ("green", "blue")):
        run = switch(DIGEST, LIVE=live, IDLE=DIGEST)
        yield f"clients are switched to {idle}", run.code == 0 and [found[2] for found in led(run)] == [idle, live], run
        yield "first the Service, then the preview", [found[1].endswith("-preview") for found in led(run)] == [False, True], run
        yield "live.yaml says so", run.tracks() == [idle, live], run
        yield "the image that clients left is remembered with the same patch", f'"way-back":"{OTHER}"' in run.called("patch service")[0], run
        yield "a track of the right size is not scaled", "scale" not in run.verbs and not run.called("patch hpa"), run
        restarted = run.place("rollout restart", f"-{live}")
        yield "the track that clients left is restarted after both patches", restarted > run.place("patch service", "-preview"), run

    run = switch(WAY_BACK=OTHER)
    yield "without a digest clients go back to what they left", run.code == 0 and [found[2] for found in led(run)] == ["green", "blue"], run
    yield "the way back from a way back takes a digest", '"way-back":null' in run.called("patch service")[0], run
    run = switch(WAY_BACK="")
    yield "without a switch there is no way back", run.code == 1 and stays(run), run
    run = switch(WAY_BACK=OTHER, IDLE=DIGEST)
    yield "during a deployment the way back does not lead to the image that nobody approved", run.code == 1 and stays(run), run
    run = switch(WAY_BACK=OTHER, LOCKED=1)
    yield "nothing is switched while a deployment goes on", run.code == 1 and stays(run), run

    for arguments in ((), (DIGEST,)):
        run = switch(*arguments, LIVE="blue", PREVIEW="blue", RUNNING=DIGEST)
        finished = [found[2] for found in led(run)] == ["green"] and run.called("rollout restart", "-green")
        yield "a switch that was killed half-way is finished and not undone", run.code == 0 and finished, run

    run = switch(DIGEST, IDLE=DIGEST, READY=2, MINIMUM=2)
    raised, patched = run.place("patch hpa", "-green", '"minReplicas":6'), run.place("patch service")
    yield "where there is an autoscaler, its minimum is raised to the size of the live track first", 0 <= raised < patched, run
    yield "nothing is scaled past the autoscaler", "scale" not in run.verbs, run
    compared = run.calls[patched - 2 : patched]
    yield "ready pods and the size of the live track are compared right before the patch", "spec.replicas" in compared[0] and "readyReplicas" in compared[1], run
    yield "later the minimum is as it was", run.place("patch hpa", '"minReplicas":2') > run.place("rollout restart"), run
    run = switch(DIGEST, IDLE=DIGEST, READY=2)
    yield "where there is none, the track is scaled", run.verbs.index("scale") < run.verbs.index("patch") and run.called("scale", "-green", "--replicas=6"), run
    run = switch(DIGEST, IDLE=DIGEST, READY=7, MINIMUM=2)
    yield "more ready pods than the live track has are enough", run.code == 0 and not run.called("patch hpa"), run
    ways_out = {
        "the switch fails": {"PATCH": 1},
        "the track that clients left does not restart": {"STATUS_OF_UNDO": 1},
        "the API server does not restart the track that clients left": {"DOWN": "rollout restart"},
        "the preview cannot be led to the other track": {"DOWN": "patch service \\S+-preview"},
        "the sizes cannot be read any more": {"DOWN": "readyReplicas", "READY": 2},
    }
    for way, settings in ways_out.items():
        run = switch(DIGEST, IDLE=DIGEST, **({"READY": 2, "MINIMUM": 2} | settings))
        raised, lowered = run.called("patch hpa", '"minReplicas":6'), run.place("patch hpa", '"minReplicas":2')
        yield f"where {way}, the minimum is as it was in the end", not raised or lowered > run.calls.index(raised[0]), run
    run = switch(DIGEST, IDLE=DIGEST, READY=2, MINIMUM=2)
    yield "with the raise the minimum of before is written down", run.called("patch hpa", '"own-minimum":"2"', '"minReplicas":6'), run
    for arguments in ((DIGEST,), ()):
        run = switch(*arguments, IDLE=DIGEST, RUNNING=DIGEST, WAY_BACK=DIGEST, OWN=3)
        yield "what a switch that was killed has left raised is lowered by the next run", run.called("patch hpa", '"own-minimum":null', '"minReplicas":3'), run
    run = switch(DIGEST, IDLE=DIGEST, READY=2, MINIMUM=2, DOWN='own-minimum":null')
    yield "a minimum that cannot be lowered is told", run.code == 1 and "may keep the minimum" in run.output and run.called("delete lease"), run
    run = switch(DIGEST, IDLE=DIGEST, DOWN="readyReplicas|spec.replicas")
    yield "sizes that cannot be read are no reason to switch", run.code == 1 and stays(run) and len(run.sleeps) >= 60, run

    run = switch(DIGEST, IDLE=DIGEST, STATUS=1)
    yield "a track that is not ready takes no clients", run.code == 1 and stays(run), run
    for settings in ({"STATUS_OF_UNDO": 1}, {"DOWN": "rollout restart"}):
        run = switch(DIGEST, IDLE=DIGEST, PODS=f"orders-1 ghcr.io/x@{OTHER} CrashLoopBackOff\n", **settings)
        moved = [found[2] for found in led(run)] == ["green", "blue"] and run.tracks() == ["green", "blue"]
        yield "a switch whose old track does not come up again is finished", run.code == 0 and moved and "this switches back" in run.output, run
        yield "what is wrong with the old track is said", "warning: blue" in run.output and "CrashLoopBackOff" in run.output, run
        yield "connections that may stay are told", "delete pod" in run.output, run
    run = switch(DIGEST, RUNNING=DIGEST)
    yield "where clients reach the image already, nothing is switched", run.code == 0 and stays(run), run
    run = switch(DIGEST, RUNNING=DIGEST, IDLE=DIGEST, WAY_BACK=DIGEST)
    yield "where both tracks have the image and were switched, nothing is switched", run.code == 0 and stays(run), run
    run = switch(DIGEST, RUNNING=DIGEST, IDLE=DIGEST)
    yield "a changed configuration of the same image reaches clients", run.code == 0 and led(run), run
    run = switch(DIGEST)
    yield "a track that runs another image takes no clients", run.code == 1 and stays(run), run
    run = switch(LIVE="")
    yield "where nothing was deployed, nothing is switched", run.code == 1 and not led(run), run
    run = Run(project, environment, "switch.sh", ["nowhere"])
    yield "an unknown environment is refused", run.code == 1 and not run.calls, run
    yield from guards(environment, lambda **settings: switch(DIGEST, **({"IDLE": DIGEST} | settings)))
