using System.Diagnostics;
using System.Net.Sockets;
using Pomegranate.EndToEnd.Tests.Harness;

namespace Pomegranate.EndToEnd.Tests.Templates;

/// <summary>What a template's app runs on: a Kestrel process, or a cluster of processes.</summary>
internal abstract class TemplateSide : IAsyncDisposable
{
    public abstract Uri Address { get; }

    /// <summary>Each node that runs the app is killed, and back before the next; Kestrel goes on.</summary>
    public abstract Task KillAsync();

    public abstract ValueTask DisposeAsync();

    public static async Task<TemplateSide> OnKestrelAsync(string app)
    {
        var address = new Uri($"http://127.0.0.1:{FreePort.Next()}");
        var process = Process.Start(new ProcessStartInfo("dotnet", [$"{app}.dll", "--urls", address.ToString()])
        {
            WorkingDirectory = TemplateApps.PublishedOf(app),
            RedirectStandardOutput = true,
            Environment = { ["ASPNETCORE_ENVIRONMENT"] = "Production" },
        })!;
        _ = process.StandardOutput.ReadToEndAsync();
        await Await.UntilAsync($"{app} on Kestrel", TimeSpan.FromSeconds(60), async () =>
        {
            try
            {
                using var socket = new TcpClient();
                await socket.ConnectAsync(address.Host, address.Port);
                return true;
            }
            catch (SocketException)
            {
                return process.HasExited ? throw new InvalidOperationException($"{app} exited with {process.ExitCode}.") : false;
            }
        });
        return new Kestrel(address, process);
    }

    public static async Task<TemplateSide> OnClusterAsync(string app, params string[] settings) =>
        new Clustered(await ClusterProcess.StartAsync(backends: 2, frontends: 1, app: TemplateApps.ProjectOf(app), settings: settings));

    /// <summary>Without a cluster: our line is inert.</summary>
    private sealed class Kestrel(Uri address, Process process) : TemplateSide
    {
        public override Uri Address => address;

        public override Task KillAsync() => Task.CompletedTask;

        public override async ValueTask DisposeAsync()
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }
    }

    /// <summary>With a cluster.</summary>
    private sealed class Clustered(ClusterProcess cluster) : TemplateSide
    {
        public override Uri Address => cluster.Frontends[0];

        public override async Task KillAsync()
        {
            cluster.Kill("backend1");
            await cluster.RestartAsync("backend1");
            await cluster.AwaitMembersAsync(4);
            cluster.Kill("backend2");

            // A POST that meets the death itself may be answered 503; one sent afterwards must work.
            await cluster.AwaitMembersAsync(3);
        }

        public override ValueTask DisposeAsync() => cluster.DisposeAsync();
    }
}
