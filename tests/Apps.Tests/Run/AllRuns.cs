using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Pomegranate.Apps.Compare;
using Pomegranate.Conformance.Compare;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Pomegranate.Apps.Run;

/// <summary>Every app once, when the first of its cases is asked for; at the end the table of what was tried.</summary>
public sealed class AllRuns(IMessageSink messages) : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, Lazy<Task<IReadOnlyList<Verdict>>>> _runs = new();

    internal async Task<Verdict> VerdictAsync(string app, string @case)
    {
        var tried = Corpus.All.Single(one => one.Name == app);
        var verdicts = await _runs.GetOrAdd(app, _ => new(() => AppRun.CompareAsync(tried))).Value;
        return verdicts.Single(verdict => verdict.Name == $"{app}: {@case}");
    }

    /// <summary>The verdicts of all apps.</summary>
    internal async Task<IReadOnlyList<Verdict>> AllAsync()
    {
        var all = new List<Verdict>();
        foreach (var app in Corpus.All)
        {
            all.AddRange(await _runs.GetOrAdd(app.Name, _ => new(() => AppRun.CompareAsync(app))).Value);
        }

        return all;
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        var text = new StringBuilder("What apps do, on Kestrel and on a cluster\n");
        text.Append(CultureInfo.InvariantCulture, $"{"app",-28}{"cases",8}{"identical",12}{"explained",12}{"mending",10}{"unexplained",13}\n");
        var all = new List<Verdict>();
        foreach (var run in _runs.OrderBy(run => run.Key, StringComparer.Ordinal))
        {
            try
            {
                var verdicts = await run.Value.Value;
                Row(run.Key, verdicts);
                all.AddRange(verdicts);
            }
            catch (Exception failure)
            {
                text.Append(CultureInfo.InvariantCulture, $"{run.Key,-28} did not run: {failure.Message}\n");
            }
        }

        Row("all", all);
        messages.OnMessage(new DiagnosticMessage(text.ToString()));

        void Row(string name, IReadOnlyCollection<Verdict> verdicts)
        {
            var identical = verdicts.Count(verdict => verdict.IsIdentical);
            var explained = verdicts.Count(verdict => verdict.IsExplained) - identical;
            var mending = verdicts.Count(verdict => !verdict.IsExplained && BeingMended.Cases.Contains(verdict.Name));
            text.Append(CultureInfo.InvariantCulture,
                $"{name,-28}{verdicts.Count,8}{identical,12}{explained,12}{mending,10}{verdicts.Count - identical - explained - mending,13}\n");
        }
    }
}
