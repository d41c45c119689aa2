#!/bin/sh
# Lets the workflow on GitHub deploy to one environment, for 90 days or as long as the cluster lets a token live: a token for
# the ServiceAccount `deployer` becomes the secret KUBECONFIG of the environment there. Run again, it renews the token.
#
#     sh deploy/kubernetes/access.sh ENVIRONMENT
#
# For an administrator, with kubectl on the environment's cluster and gh in the repository.
. "$(dirname "$0")/cluster.sh"

[ $# -eq 1 ] || fail "usage: access.sh ENVIRONMENT"
choose_environment "$1"
check_cluster

umask 077
in_namespace get configmap kube-root-ca.crt --output 'jsonpath={.data.ca\.crt}' >"$work/ca.crt"
granted=$(in_namespace create token deployer --duration=2160h \
  --output 'jsonpath={.status.expirationTimestamp} {.status.token}')
ends=${granted%% *}
token=${granted#* }
export KUBECONFIG="$work/kubeconfig"
kubectl config set-cluster cluster --server="$server" --certificate-authority="$work/ca.crt" --embed-certs
kubectl config set-credentials deployer --token="$token"
kubectl config set-context deployer --cluster=cluster --user=deployer --namespace="$namespace"
kubectl config use-context deployer
gh secret set KUBECONFIG --env "$environment" <"$KUBECONFIG"
echo "the workflow reaches $environment until $ends: run this again before"
