{{/* How a new version takes over; rollout.yaml uses it. */}}
{{- define "service.strategy" -}}
canary:
  canaryService: {{ .Chart.Name }}-canary
  {{- include "service.traffic" . | nindent 2 }}
  # The first deployment skips the steps. A bad measurement takes all traffic back to the old version.
  steps:
    - setWeight: 10
    - analysis:
        {{- include "service.measure" (dict "Chart" .Chart "through" "canary") | nindent 8 }}
    {{- if eq .Values.promotion "manual" }}
    # Waits here until somebody runs promote.sh.
    - pause: {}
    {{- end }}
    - setWeight: 50
    - analysis:
        {{- include "service.measure" (dict "Chart" .Chart "through" "canary") | nindent 8 }}
{{- end }}
