#compdef launchway
# What launchway answers stands in lines, each with a help behind a colon; no space comes after what is not whole.
_launchway() {
    local IFS=$'\n' line value
    local -a answers=() whole=() begun=()
    answers=("${(@f)$(
        _CLAP_IFS=$'\n' _CLAP_COMPLETE_INDEX=$((CURRENT - 1)) COMPLETE=zsh launchway -- "${words[@]}" 2>/dev/null
    )}")
    for line in $answers; do
        # A colon of the answer itself has a backslash before it.
        value=${line//\\:/}
        value=${value%%:*}
        if [[ $value == *[=/] ]]; then
            begun+=("$line")
        else
            whole+=("$line")
        fi
    done
    (($#begun)) && _describe -V 'values' begun -S ''
    (($#whole)) && _describe -V 'values' whole
}
compdef _launchway launchway
