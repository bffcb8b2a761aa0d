using Pomegranate.Bench;
using Pomegranate.Bench.CommandLine;

try
{
    return await BenchCommand.Create().Parse(args).InvokeAsync(new() { EnableDefaultExceptionHandler = false });
}
catch (BenchException exception)
{
    Console.WriteLine(exception.Message);
    return 1;
}
