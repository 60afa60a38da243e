# fish completion for sockscript, for ~/.config/fish/completions/sockscript.fish

# Tells whether the cursor is where $argv[1] says: "start" before a script or a
# subcommand, else the name of the subcommand.
function __sockscript_at
    set -l place start
    set -l value no
    for word in (commandline -opc)[2..-1]
        if test $value = yes
            set value no
        else if test $place = start
            switch $word
                case -e --execute -l --require --timeout
                    set value yes
                case '-*'
                case '*'
                    set place $word
            end
        else if contains -- $place help types completion
            set place nothing
        end
    end
    test $value = no -a "$place" = $argv[1]
end

# Tells whether a script stands before the cursor.
function __sockscript_script
    for place in start nothing @NAMES@
        if __sockscript_at $place
            return 1
        end
    end
    return 0
end

function __sockscript_topics
    set -l command (commandline -opc)[1]
    $command completion topics 2>/dev/null
end

complete -c sockscript -f
complete -c sockscript -n __sockscript_script -F
@OPTIONS@
@SUBCOMMANDS@
complete -c sockscript -n '__sockscript_at start' -k -a '(__fish_complete_suffix .lua)'
complete -c sockscript -n '__sockscript_at help' -a '(__sockscript_topics)'
complete -c sockscript -n '__sockscript_at check' -k -a '(__fish_complete_suffix .lua)'
complete -c sockscript -n '__sockscript_at types' -a '(__fish_complete_directories)'
complete -c sockscript -n '__sockscript_at completion' -a 'bash zsh fish'
complete -c sockscript -n '__sockscript_at test' -k -a '(__fish_complete_suffix _test.lua)'
@TEST@
