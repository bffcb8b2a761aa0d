using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Pomegranate.ClusterTests.Harness;

/// <summary>The nodes' warnings and errors.</summary>
internal sealed class NodeLog : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<(int Id, string Text)> _entries = new();

    public string[] Of(int eventId) => [.. _entries.Where(entry => entry.Id == eventId).Select(entry => entry.Text)];

    public override string ToString() => string.Join(Environment.NewLine, _entries.TakeLast(20).Select(entry => entry.Text));

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (IsEnabled(logLevel))
        {
            _entries.Enqueue((eventId.Id, $"{logLevel}: {formatter(state, exception)} {exception}"));
        }
    }

    public void Dispose()
    {
    }
}
