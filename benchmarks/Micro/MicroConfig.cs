using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Pomegranate.Micro;

/// <summary>Time and allocation of each benchmark, by category.</summary>
internal static class MicroConfig
{
    public static IConfig Create() => DefaultConfig.Instance
        .WithArtifactsPath(Path.Combine("artifacts", "benchmarks", "micro"))
        .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
        .AddDiagnoser(MemoryDiagnoser.Default)
        .HideColumns(Column.Job, Column.Toolchain, Column.IterationCount, Column.LaunchCount, Column.WarmupCount);
}
