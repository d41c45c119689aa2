# shellcheck shell=sh
# What the scripts of this folder share. They read it; nobody runs it.
set -eu

here=$(dirname "$0")
work=$(mktemp -d)
locked=

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
  overlay=$here/overlays/$environment
  owned=$overlay/kustomization.yaml
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
