using BenchmarkDotNet.Running;
using Pomegranate.Micro;

// In this process: BenchmarkDotNet would otherwise build each benchmark anew, in a project that is none of the solution.
BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args, MicroConfig.Create());
