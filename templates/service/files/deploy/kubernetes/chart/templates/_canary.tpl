{{/* How a new version takes over, and when it is given up; rollout.yaml uses it. */}}
{{- define "service.strategy" -}}
# A pod may wait minutes for a new node; while it measures or waits, the clock stands still. When it passes, the new
# version is given up and the old one goes on serving.
progressDeadlineSeconds: 600
progressDeadlineAbort: true
# A rollback to the previous version takes no steps and is not measured: that version was measured when it was new.
rollbackWindow:
  revisions: 1
strategy:
  canary:
    canaryService: {{ .Chart.Name }}-canary
    {{- include "service.traffic" . | nindent 4 }}
    # The first deployment skips the steps. A bad measurement takes all traffic back to the old version.
    steps:
      - setWeight: 10
      - analysis:
          {{- include "service.measure" (dict "Chart" .Chart "through" "canary" "silent" 4) | nindent 10 }}
      {{- if eq .Values.promotion "manual" }}
      # Waits here until somebody runs promote.sh.
      - pause: {}
      {{- end }}
      - setWeight: 50
      - analysis:
          {{- include "service.measure" (dict "Chart" .Chart "through" "canary" "silent" 4) | nindent 10 }}
{{- end }}
