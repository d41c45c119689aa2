#!/bin/sh
# Makes the namespace of one environment on one cluster, with what the administrator owns in it. Run again, it brings that
# up to date.
#
#     sh deploy/kubernetes/setup.sh ENVIRONMENT
#
# For an administrator, with kubectl on the cluster.
. "$(dirname "$0")/cluster.sh"

[ $# -eq 1 ] || fail "usage: setup.sh ENVIRONMENT"
choose_environment "$1"
check_namespace absent
kubectl apply --kustomize "$here/namespaces/$environment"
