# What bash takes apart at `=` and `:` is put together again for launchway, and its answer is cut to bash's part of the word.
_launchway_complete() {
    local IFS=$'\013'
    local line=$COMP_LINE trimmed word place index=0
    local words=()
    for ((place = 0; place < ${#COMP_WORDS[@]}; place++)); do
        word=${COMP_WORDS[place]}
        trimmed=${line#"${line%%[![:space:]]*}"}
        if ((place > 0)) && [[ -n $line && $trimmed == "$line" ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        if ((place == COMP_CWORD)); then
            # What stands behind the cursor is not what is completed.
            if ((${#words[@]} > 0)) && [[ -n $2 && $word != "$2" && $word == "$2"* ]]; then
                words[${#words[@]} - 1]=${words[${#words[@]} - 1]%"${word#"$2"}"}
            fi
            index=$((${#words[@]} - 1))
        fi
        line=${trimmed#"$word"}
    done
    local breaks=${COMP_WORDBREAKS//[^=:]/} kept=''
    if [[ -n $breaks ]]; then
        kept=${words[index]%"${words[index]##*["$breaks"]}"}
    fi
    COMPREPLY=($(
        _CLAP_IFS=$IFS _CLAP_COMPLETE_INDEX=$index _CLAP_COMPLETE_COMP_TYPE=$COMP_TYPE _CLAP_COMPLETE_SPACE=false \
            COMPLETE=bash launchway -- "${words[@]}"
    ))
    if [[ $? != 0 ]]; then
        unset COMPREPLY
        return
    fi
    for place in "${!COMPREPLY[@]}"; do
        COMPREPLY[place]=${COMPREPLY[place]#"$kept"}
    done
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} =~ [=/:]$ ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
if [[ ${BASH_VERSINFO[0]} -gt 4 || ${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -ge 4 ]]; then
    complete -o bashdefault -o nosort -F _launchway_complete launchway
else
    complete -o bashdefault -F _launchway_complete launchway
fi
