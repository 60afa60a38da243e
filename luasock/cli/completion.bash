# bash completion for sockscript; load it with: source <(sockscript completion bash)

# Sets words to those of the command line up to the cursor, with what bash has cut
# at = and : in one piece; returns their number in n.
__sockscript_words() {
    local i word
    words=("")
    n=0
    for ((i = 1; i <= COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        if ((n > 0)) && [[ $word == [=:]* || ${words[n]} == *[=:] ]]; then
            words[n]+=$word
        else
            n=$((n + 1))
            words[n]=$word
        fi
    done
}

# Adds the lines of $1 that begin with the current word.
__sockscript_add() {
    local IFS=$'\n'
    COMPREPLY+=($(compgen -W "$1" -- "$cur"))
}

# Adds folders, and the files that match the pattern $1.
__sockscript_files() {
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY+=($(compgen -f -X "!$1" -- "$cur") $(compgen -d -- "$cur"))
}

_sockscript() {
    local words n i cur place=start
    __sockscript_words
    cur=${words[n]}
    COMPREPLY=()
    for ((i = 1; i < n; i++)); do
        case $place:${words[i]} in
        start:-e | start:--execute | start:--timeout) i=$((i + 1)); ((i < n)) || place=value ;;
        start:-l | start:--require) i=$((i + 1)); ((i < n)) || place=module ;;
        start:-*) ;;
        @START@) place=${words[i]} ;;
        start:*) place=script ;;
        help:* | types:* | completion:*) place=nothing ;;
        test:--reporter) i=$((i + 1)); ((i < n)) || place=reporter ;;
        esac
    done
    case $place:$cur in
    start:--trace=*) cur=${cur#*=} && __sockscript_files '*' ;;
    start:-*) __sockscript_add $'@OPTIONS@' ;;
    start:*)
        __sockscript_add $'@SUBCOMMANDS@'
        __sockscript_files '*.lua'
        ;;
    test:--reporter=*) cur=${cur#*=} && __sockscript_add $'@REPORTERS@' ;;
    test:--output=*) cur=${cur#*=} && __sockscript_files '*' ;;
    test:-*) __sockscript_add $'@TEST@' ;;
    test:*) __sockscript_files '*_test.lua' ;;
    reporter:*) __sockscript_add $'@REPORTERS@' ;;
    check:-* | types:-* | completion:-*) __sockscript_add $'-h\n--help' ;;
    check:*) __sockscript_files '*.lua' ;;
    types:*) __sockscript_files '' ;;
    completion:*) __sockscript_add $'bash\nzsh\nfish' ;;
    help:*) __sockscript_add "$("${COMP_WORDS[0]}" completion topics 2>/dev/null)" ;;
    module:*)
        __sockscript_add $'@MODULES@'
        __sockscript_add "$(compgen -f -X '!*.lua' | sed 's/\.lua$//')"
        ;;
    script:*) __sockscript_files '*' ;;
    esac
    # Only what stands behind the last = or : is replaced.
    local before=${words[n]%"${words[n]##*[=:]}"}
    for ((i = 0; i < ${#COMPREPLY[@]}; i++)); do
        COMPREPLY[i]=${COMPREPLY[i]#"$before"}
    done
}

complete -F _sockscript sockscript
