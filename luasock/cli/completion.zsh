#compdef sockscript
# zsh completion for sockscript; load it with: source <(sockscript completion zsh)

_sockscript() {
    local curcontext=$curcontext state line
    typeset -A opt_args
    _arguments -C -S \
@OPTIONS@
        '1: :->start' \
        '*:: :->rest'
    case $state in
    start)
        local -a subcommands
        subcommands=(
@SUBCOMMANDS@
        )
        _describe -t commands 'subcommand' subcommands
        _files -g '*.lua(-.)'
        ;;
    rest)
        case $words[1] in
        help) ((CURRENT == 2)) && compadd -- ${(f)"$($service completion topics 2>/dev/null)"} ;;
        check) _files -g '*.lua(-.)' ;;
        types) _files -/ ;;
        completion) ((CURRENT == 2)) && compadd bash zsh fish ;;
        test)
            _arguments -S \
@TEST@
                '*:test:_files -g "*_test.lua(-.)"'
            ;;
        *) _files ;;
        esac
        ;;
    esac
}

if [[ $funcstack[1] == _sockscript ]]; then
    _sockscript "$@"
else
    compdef _sockscript sockscript
fi
