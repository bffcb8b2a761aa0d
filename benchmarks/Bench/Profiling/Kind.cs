namespace Pomegranate.Bench.Profiling;

/// <summary>What kind of code the time was spent in.</summary>
internal enum Kind
{
    /// <summary>Compiled C#.</summary>
    Managed,

    /// <summary>The runtime's own code: allocation, collection, casts, compiling; and native libraries.</summary>
    Native,

    /// <summary>System calls and interrupts, but for the next.</summary>
    Kernel,

    /// <summary>Threads that sleep, wake each other and take turns.</summary>
    Switching,
}
