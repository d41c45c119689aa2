# shellcheck shell=sh
# What the scripts of this folder share. They read it; nobody runs it.
set -eu

here=$(dirname "$0")
work=$(mktemp -d)
locked=
digest=

fail() {
  echo "error: $1" >&2
  exit 1
}

# What a script has changed on this machine and takes back when it fails; each says what that is.
restore() {
  :
}

leave() {
  code=$?
  # In a subshell, so that the lock is released even if this fails.
  [ "$code" -eq 0 ] || (restore) || echo "error: not everything could be put back as it was" >&2
  [ -z "$locked" ] || in_namespace delete lease orders-deployment --ignore-not-found --wait=false >/dev/null || true
  rm -r "$work"
}
trap leave EXIT
# A signal alone would end dash without the line above.
trap 'exit 130' INT TERM

choose_environment() {
  environment=$1
  namespace=orders-$environment
  owned=$here/values/$environment.yaml
  pinned=$here/values/$environment.server
  [ -f "$owned" ] || fail "no environment '$environment': $owned does not exist"
}

in_namespace() {
  kubectl --namespace "$namespace" "$@"
}

# The service `a-b` in `c` and the service `a` in `b-c` would share a namespace; its label says whose it is.
check_namespace() {
  owner=$(kubectl get namespace "$namespace" --ignore-not-found \
    --output 'jsonpath={.metadata.name}/{.metadata.labels.app\.kubernetes\.io/name}')
  case $owner in
    "$namespace/orders") ;;
    '') [ "$1" = absent ] || fail "there is no namespace $namespace: sh deploy/kubernetes/setup.sh $environment" ;;
    *) fail "the namespace $namespace belongs to '${owner#*/}', not to orders" ;;
  esac
}

# The API server that kubectl speaks to now.
current_server() {
  kubectl config view --minify --output 'jsonpath={.clusters[0].cluster.server}' ||
    fail "kubectl speaks to no cluster: choose the context of $environment with kubectl config use-context"
}

# setup.sh has written down which cluster the environment is on.
check_cluster() {
  [ -f "$pinned" ] || fail "$pinned does not name the cluster of $environment yet: run setup.sh, and commit the file"
  server=$(current_server)
  [ "$server" = "$(cat "$pinned")" ] ||
    fail "kubectl speaks to $server, and $environment is on $(cat "$pinned"): choose its context"
  check_namespace "${1:-present}"
}

# One script at a time changes an environment: nobody can create the Lease twice. A script that is killed leaves it behind.
lock() {
  in_namespace create --filename - >/dev/null 2>"$work/refused" <<LEASE || refused
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  name: orders-deployment
spec:
  holderIdentity: $(id -un)@$(uname -n)
LEASE
  locked=yes
}

refused() {
  cat "$work/refused" >&2
  ! grep -q AlreadyExists "$work/refused" ||
    fail "another script seems to change $namespace; if it was killed: kubectl --namespace $namespace delete lease orders-deployment"
  fail "nothing was changed, since the lock of $namespace could not be taken"
}

# The document of one workload, out of all that is applied.
workload_of() {
  awk -v kind="kind: Deployment" -v name="  name: $1" '
    function finish() { if (found == 2) printf "%s", text; text = ""; found = 0 }
    /^---/ { finish(); next }
    { text = text $0 "\n"; if ($0 == kind || $0 == name) found++ }
    END { finish() }'
}

# What the pods of a workload are made of, a line each.
made_of() {
  "$@" --output 'jsonpath={range .spec.template.spec.initContainers[*]}first {.name} {.image}{"\n"}{end}{range .spec.template.spec.containers[*]}container {.name} {.image}{"\n"}{range .env[*]}variable {.name}={.value}{.valueFrom.secretKeyRef.name} {.valueFrom.secretKeyRef.key}{.valueFrom.configMapKeyRef.name} {.valueFrom.configMapKeyRef.key}{.valueFrom.fieldRef.fieldPath}{"\n"}{end}{range .envFrom[*]}variables {.configMapRef.name}{.secretRef.name}{"\n"}{end}{range .volumeMounts[*]}mount {.name} {.mountPath}{"\n"}{end}{end}{range .spec.template.spec.volumes[*]}volume {.name} {.configMap.name}{.secret.secretName}{.persistentVolumeClaim.claimName}{"\n"}{end}' |
    sort
}

# Fails if the cluster differs from the files: another image was deployed at the same time, or somebody wrote a field without
# the files, which no later apply removes.
check_applied() {
  made_of kubectl patch --local --filename "$work/$1" --type=merge --patch '{}' >"$work/files"
  made_of in_namespace get deployment "$1" >"$work/live"
  { [ -s "$work/files" ] && diff "$work/files" "$work/live" >&2; } ||
    fail "$namespace does not run what was applied: < is in the files, > in the cluster. What is only in the cluster goes with: kubectl --namespace $namespace edit deployment/$1"
}

# Lists the pods of the image that waiting does not fix: name, image and reason.
broken_pods() {
  [ -n "$digest" ] || return 0
  in_namespace get pods --selector app.kubernetes.io/name=orders --output \
    'jsonpath={range .items[*]}{.metadata.name} {.spec.containers[0].image} {.status.containerStatuses[*].state.waiting.reason}{"\n"}{end}' |
    grep -E "@$digest .*(CrashLoopBackOff|ErrImagePull|ImagePullBackOff|InvalidImageName)" || true
}

# Tells whether there are at least as many pods as the autoscaler wants: a new Deployment begins with one.
# KEDA calls the autoscaler that it makes keda-hpa-NAME.
are_enough() {
  minimum=$(in_namespace get hpa "keda-hpa-$1" --ignore-not-found --output 'jsonpath={.spec.minReplicas}') &&
    available=$(in_namespace get deployment "$1" --output 'jsonpath={.status.availableReplicas}') &&
    [ "${available:-0}" -ge "${minimum:-0}" ]
}

# Waits until every pod is of the newest version. Fails when the Deployment's deadline passes, or after
# 30 s of what waiting does not fix: a crash loop, an image that cannot be pulled, a pod that is refused. The
# controller's status counts only once it has seen the newest change.
await_pods() {
  polls=0
  troubled=0
  while [ "$polls" -lt 240 ] && [ "$troubled" -lt 6 ]; do
    polls=$((polls + 1))
    asked=$(date +%s)
    if in_namespace rollout status "deployment/$1" --timeout=5s 2>/dev/null && are_enough "$1"; then
      return 0
    fi
    # An API server that is down answers at once: wait before asking it again.
    [ "$(date +%s)" -ge "$((asked + 5))" ] || sleep 5
    seen=$(in_namespace get deployment "$1" --output 'jsonpath={.metadata.generation}/{.status.observedGeneration}/{.status.conditions[?(@.type=="Progressing")].reason}/{.status.conditions[?(@.type=="ReplicaFailure")].reason} {.spec.template.spec.containers[0].image}') ||
      continue
    # During a rollback this is another image than the one that was deployed here.
    digest=${seen##*@}
    seen=${seen% *}
    generation=${seen%%/*}
    case $seen in
      "$generation/$generation/ProgressDeadlineExceeded/"*) return 1 ;;
      "$generation/$generation/"*/?*) troubled=$((troubled + 1)) ;;
      *) [ -z "$(broken_pods)" ] || troubled=$((troubled + 1)) ;;
    esac
  done
  return 1
}

# Shows what a person would look at first; nothing here may stop the rollback.
explain() {
  in_namespace get pods --output wide >&2 || true
  in_namespace get events --sort-by=.lastTimestamp >&2 || true
  for pod in $(broken_pods | cut -d ' ' -f 1); do
    in_namespace logs "$pod" --previous --tail=20 >&2 || true
  done
}
