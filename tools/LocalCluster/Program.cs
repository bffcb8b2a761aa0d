using System.CommandLine;
using Pomegranate.LocalCluster.CommandLine;

// Signals are ours to handle: System.CommandLine would end the process two seconds after the first one,
// which is less than a backend needs to hand its sessions over.
return await LocalClusterCommand.Create().Parse(args)
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
