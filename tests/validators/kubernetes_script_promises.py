"""What several scripts of `deploy/kubernetes` have in common, as sentences and whether they hold."""

from attestation import attestations
from kubernetes_stand_in import DIGEST, OTHER, SERVER, ZEROS, Run


def refusals(project, environment, run):
    """What every deploy.sh refuses before anything is called."""
    for name, arguments in {
        "no argument": [],
        "an unknown environment": ["nowhere", DIGEST],
        "a tag": [environment, "latest"],
        "a short digest": [environment, DIGEST[:-1]],
        "a digest and more": [environment, DIGEST + "\nnewName: evil"],
        "the digest of zeros": [environment, ZEROS],
    }.items():
        done = run(arguments)
        holds = done.code == 1 and done.output.startswith("error: ") and not done.calls and DIGEST not in str(done.text)
        yield f"{name} is refused before anything is called", holds, done
    script = project / "deploy/kubernetes/deploy.sh"
    # Whether something has changed: where there is no kubectl, what was pushed.
    yield from attestations(script, lambda **settings: run((environment, DIGEST), **settings), lambda done: getattr(done, "verbs", done.calls))


def guards(environment, run):
    """What every script that changes a cluster refuses before it changes anything."""
    for name, settings, said in (
        ("another cluster", {"SERVER": "https://other.example"}, "choose its context"),
        ("an environment whose cluster nobody wrote down", {"pinned": ""}, "setup.sh"),
        ("the namespace of another service", {"OWNER": f"x-{environment}/x"}, "belongs to"),
        ("a namespace that is not there", {"OWNER": ""}, "setup.sh"),
        ("an environment that another script changes", {"LOCKED": 1}, "delete lease"),
    ):
        done = run(**settings)
        holds = done.code == 1 and said in done.output and not set(done.verbs) - {"create"} and DIGEST not in str(done.text)
        yield f"{name} is refused", holds and "rollout" not in done.verbs, done
    done = run(DOWN="create --filename -")
    told = done.code == 1 and "connection refused" in done.output and "another script" not in done.output
    yield "a lock that cannot be asked for is not called taken", told and not set(done.verbs) - {"create"}, done
    done = run(DOWN="get namespace")
    yield "a namespace that cannot be asked for is not called missing", done.code != 0 and "there is no namespace" not in done.output, done
    done = run()
    yield "the lock is taken before anything changes, and given back at the end", done.verbs[0] == "create" and done.verbs[-1] == "delete", done


def interrupted(run):
    """Under dash a signal alone would leave the files changed and the lock taken."""
    for signal in ("INT", "TERM"):
        done = run(KILL=signal)
        yield f"after SIG{signal} the files are as before", done.code == 130 and DIGEST not in str(done.text), done
        yield f"after SIG{signal} the lock is free", bool(done.called("delete lease")), done


def outage(run, asks, *counted):
    """An API server that does not answer is asked again after a while, and what it does not say is no success."""
    done = run(DOWN=asks)
    asked = len(done.called(*counted))
    yield "an API server that does not answer is not asked without a pause", done.code == 1 and asked > 100 and len(done.sleeps) >= asked - 1, done
    yield "after an outage the lock is free and the files are as before", done.called("delete lease") and DIGEST not in str(done.text), done
    done = run(DOWN="get hpa")
    yield "an autoscaler that cannot be asked is no success", done.code == 1, done


def comparison(run):
    """The cluster must have what was applied, not only be content with what it has."""
    done = run(SEEN_AS=f"{DIGEST}/{OTHER}")
    yield "an image that another deployment brought is no success", done.code == 1 and "does not run what was applied" in done.output, done
    yield "the files then name the image before", DIGEST not in str(done.text), done
    done = run(LEFTOVER="variable GONE=1\n")
    yield "a variable that no file has is no success", done.code == 1 and "> variable GONE=1" in done.output, done
    done = run(LEFTOVER="volume gone\n")
    yield "a volume that no file has is no success", done.code == 1 and "> volume gone" in done.output, done


def patience(run, waiting, at_last):
    """What no waiting fixes ends a rollout early; a pod that waits for its node does not."""
    for reason in ("CrashLoopBackOff", "ImagePullBackOff"):
        done = run(**waiting, PODS=f"orders-1 ghcr.io/x@{DIGEST} {reason}\n")
        yield f"{reason} ends a rollout early", done.code == 1 and 6 <= len(done.called("get pods", "waiting.reason")) <= 16, done
        yield f"after {reason} the last words of the container are shown", bool(done.called("logs orders-1 --previous")), done
    done = run(**at_last, POLLS=20, PODS=f"orders-1 ghcr.io/x@{OTHER} CrashLoopBackOff\n")
    yield "a crash loop of another image ends no rollout early", done.code == 0, done
    done = run(**at_last, POLLS=20, PODS=f"orders-1 ghcr.io/x@{DIGEST} \n")
    yield "a pod that waits for its node ends no rollout early", done.code == 0, done


def administration(project, environment):
    """The scripts of the administrator: set up, let the workflow in, take down."""
    def script(name, *arguments, **settings):
        return Run(project, environment, name, arguments or [environment], **settings)

    run = script("setup.sh", pinned="", OWNER="")
    yield "setting up makes the namespace", run.code == 0 and run.called("apply --kustomize", f"namespaces/{environment}"), run
    yield "setting up writes down the cluster", run.text.get("server") == f"{SERVER}\n", run
    run = script("setup.sh")
    yield "setting up twice works", run.code == 0 and run.called("apply --kustomize"), run
    run = script("setup.sh", pinned="", SERVER="")
    yield "without a context nothing is set up", run.code == 1 and "use-context" in run.output and "apply" not in run.verbs, run
    run = script("setup.sh", SERVER="https://other.example")
    yield "setting up on another cluster is refused", run.code == 1 and "apply" not in run.verbs, run
    run = script("setup.sh", OWNER=f"x-{environment}/x")
    yield "the namespace of another service is not set up", run.code == 1 and "apply" not in run.verbs and "belongs to" in run.output, run

    if (project / "deploy/kubernetes/access.sh").is_file():
        run = script("access.sh")
        yield "the workflow is let in with a token that ends", run.code == 0 and run.called("create token deployer", "--duration="), run
        yield "it says when the token ends that the cluster has granted", "2027-02-27T10:00:00Z" in run.output, run
        yield "the token itself is given, and not shown", run.called("set-credentials", "--token=TOKEN") and "TOKEN" not in run.output, run
        yield "the token goes to the environment on GitHub", run.called("gh secret set", f"--env {environment}"), run
        yield "its kubeconfig names the cluster that was written down", run.called("config set-cluster", f"--server={SERVER} "), run
        run = script("access.sh", SERVER="https://other.example")
        yield "the workflow is let into no other cluster", run.code == 1 and not run.called("gh"), run

    run = script("destroy.sh", typed=f"{environment}\n")
    yield "taking down deletes the namespace", run.code == 0 and run.called("delete namespace"), run
    yield "taking down forgets the cluster", "server" not in run.text, run
    for typed in ("", "yes\n"):
        run = script("destroy.sh", typed=typed)
        yield f"{typed!r} deletes nothing", run.code == 1 and "delete" not in run.verbs, run
    run = script("destroy.sh", typed=f"{environment}\n", SERVER="https://other.example")
    yield "nothing is taken down on another cluster", run.code == 1 and "delete" not in run.verbs, run
    run = script("destroy.sh", typed=f"{environment}\n", OWNER=f"x-{environment}/x")
    yield "the namespace of another service is not taken down", run.code == 1 and "delete" not in run.verbs, run
    yield from taken_down_twice(project, environment)


def taken_down_twice(project, environment):
    """What is not there is told from what cannot be asked."""
    def destroy(**settings):
        return Run(project, environment, "destroy.sh", [environment], typed=f"{environment}\n", **settings)

    run = destroy(OWNER="")
    yield "a namespace that is gone already is forgotten", run.code == 0 and "server" not in run.text and "create" not in run.verbs, run
    run = destroy(ENDING="2026-11-01T10:00:00Z")
    yield "in a namespace that ends already no lock is asked for", run.code == 0 and "create" not in run.verbs, run
    for asked in ("get namespace", "get replicaset", "deletionTimestamp", "create --filename -", "delete namespace"):
        run = destroy(DOWN=asked)
        kept = run.code != 0 and "server" in run.text and "there is no namespace" not in run.output and "another script" not in run.output
        yield f"where `{asked}` fails, nothing is called gone", kept and "is gone" not in run.output, run
        yield f"where `{asked}` fails, nothing is deleted", asked == "delete namespace" or not run.called("delete namespace"), run


def taken_down_where_git_brings_it_back(project, environment):
    """Each cluster has its namespace, and who would bring it back goes first."""
    def destroy(**settings):
        return Run(project, environment, "destroy.sh", [environment], pinned="", **({"typed": f"{environment}\n"} | settings))

    run = destroy(DEFINED="customresourcedefinition/x")
    yield "taking down deletes the namespace", run.code == 0 and run.called("delete namespace"), run
    if (project / "deploy/kubernetes/clusters/flux").is_dir():
        kinds = run.called("--namespace flux-system delete")
        yield "what Flux follows goes before the namespace", len(kinds) == 2 and run.place("flux-system delete") < run.place("delete namespace"), run
        run = destroy()
        yield "where Flux is gone, it is asked for nothing", run.code == 0 and not run.called("flux-system"), run
        for asked in ("customresourcedefinition", "flux-system delete"):
            run = destroy(DEFINED="customresourcedefinition/x", DOWN=asked)
            yield f"where `{asked}` fails, the namespace stays", run.code != 0 and not run.called("delete namespace"), run
    run = destroy(OWNER="")
    yield "a cluster without the namespace is no failure", run.code == 0, run
    for asked in ("get namespace", "get replicaset"):
        run = destroy(DOWN=asked)
        yield f"where `{asked}` fails, nothing is deleted", run.code != 0 and not run.called("delete namespace"), run
    run = destroy(typed="yes\n")
    yield "another word deletes nothing", run.code == 1 and "delete" not in run.verbs, run
    run = destroy(OWNER=f"x-{environment}/x")
    yield "the namespace of another service is not taken down", run.code == 1 and "delete" not in run.verbs, run
