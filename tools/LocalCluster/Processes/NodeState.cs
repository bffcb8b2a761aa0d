namespace Pomegranate.LocalCluster.Processes;

/// <summary>What a node's process is doing. Their lower-case names are part of the state file.</summary>
internal enum NodeState
{
    /// <summary>There is no process: it ended, or was never started.</summary>
    Stopped,

    /// <summary>The process runs.</summary>
    Running,

    /// <summary>The process was stopped in its tracks (SIGSTOP): it holds its connections and answers nothing.</summary>
    Hung,
}
