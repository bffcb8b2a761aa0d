using System.Runtime.InteropServices;
using Pomegranate.Bench;
using Pomegranate.Bench.CommandLine;
using Pomegranate.Bench.Systems;

using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return await BenchCommand.Create().Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
}
catch (BenchException exception)
{
    Console.WriteLine(exception.Message);
    return 1;
}

static void Stop(PosixSignalContext signal)
{
    ChildProcess.StopAll();
    Environment.Exit(130);
}
