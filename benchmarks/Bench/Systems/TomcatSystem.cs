using System.Diagnostics;
using Pomegranate.Bench.Failing;

namespace Pomegranate.Bench.Systems;

/// <summary>Apache httpd with mod_jk in front of two Tomcats that replicate sessions with DeltaManager; Debian's packages.</summary>
/// <param name="tuned">With mod_jk's CPing and short timeouts: for faults.</param>
internal sealed class TomcatSystem(string work, bool tuned = false) : BenchSystem("httpd-tomcat", work)
{
    private const string TomcatHome = "/usr/share/tomcat10";
    private const string ApacheModules = "/usr/lib/apache2/modules";
    private static readonly string Peers = Repository.At("benchmarks", "peers");

    public override string What => "Apache httpd with mod_jk, 2 Tomcats with SimpleTcpCluster and DeltaManager, asynchronous (their default)"
        + (tuned ? "; CPing before each request, timeouts of 2 and 3 s" : "");

    public override async Task StartAsync()
    {
        CompileServlet();
        int[] http = [Ports.Free(), Ports.Free()], ajp = [Ports.Free(), Ports.Free()], receiver = [Ports.Free(), Ports.Free()];
        for (var i = 0; i < 2; i++)
        {
            var number = i + 1;
            (string, string)[] ports = [("http", $"{http[i]}"), ("ajp", $"{ajp[i]}"), ("receiver", $"{receiver[i]}"), ("otherReceiver", $"{receiver[1 - i]}")];
            await StartRoleAsync($"tomcat{number}", () => StartTomcat(number, ports), new Uri($"http://127.0.0.1:{http[i]}/plain"));
        }

        var port = Ports.Free();
        var root = Directory.CreateDirectory(Path.Combine(Work, "httpd")).FullName;
        Template.Fill(Path.Combine(Peers, "httpd", tuned ? "workers.tuned.properties" : "workers.properties"), Path.Combine(root, "workers.properties"), ("ajp1", $"{ajp[0]}"), ("ajp2", $"{ajp[1]}"));
        Template.Fill(Path.Combine(Peers, "httpd", "httpd.conf"), Path.Combine(root, "httpd.conf"),
            ("root", root), ("watchdog", tuned ? "5" : "60"), ("http", $"{port}"), ("modules", ApacheModules), ("user", Environment.IsPrivilegedProcess ? "User www-data\nGroup www-data" : ""));
        Url = new Uri($"http://127.0.0.1:{port}");
        await StartRoleAsync("httpd", () => Run("httpd", "/usr/sbin/apache2", ["-f", Path.Combine(root, "httpd.conf"), "-DFOREGROUND"]), new Uri(Url, "/plain"));
    }

    public override Task<string?> VictimAsync(Victim victim, int run) => Task.FromResult(victim == Victim.Backend ? $"tomcat{1 + (run % 2)}" : null);

    private ChildProcess StartTomcat(int number, params (string Name, string Value)[] ports)
    {
        var home = Path.Combine(Work, $"tomcat{number}");
        foreach (var directory in (string[])["conf", "logs", "temp", "work", "webapps/ROOT/WEB-INF/classes"])
        {
            Directory.CreateDirectory(Path.Combine(home, directory));
        }

        Template.Fill(Path.Combine(Peers, "tomcat", "server.xml"), Path.Combine(home, "conf", "server.xml"), [.. ports, ("number", $"{number}"), ("otherNumber", $"{3 - number}")]);
        File.Copy(Path.Combine(TomcatHome, "etc", "web.xml"), Path.Combine(home, "conf", "web.xml"), true);
        File.Copy(Path.Combine(Peers, "tomcat", "WEB-INF", "web.xml"), Path.Combine(home, "webapps", "ROOT", "WEB-INF", "web.xml"), true);
        foreach (var file in Directory.GetFiles(Path.Combine(Work, "classes")))
        {
            File.Copy(file, Path.Combine(home, "webapps", "ROOT", "WEB-INF", "classes", Path.GetFileName(file)), true);
        }

        // catalina.sh ends in exec: the process is the JVM.
        return Run($"tomcat{number}", Path.Combine(TomcatHome, "bin", "catalina.sh"), ["run"], home,
            ("CATALINA_BASE", home), ("CATALINA_HOME", TomcatHome), ("CATALINA_TMPDIR", Path.Combine(home, "temp")),
            ("CATALINA_OPTS", $"-Xmx1g -Djava.awt.headless=true -Dnode.name=tomcat{number}"));
    }

    private void CompileServlet()
    {
        var classes = Directory.CreateDirectory(Path.Combine(Work, "classes")).FullName;
        using var javac = Process.Start("javac", ["--release", "17", "-cp", Path.Combine(TomcatHome, "lib", "servlet-api.jar"), "-d", classes, Path.Combine(Peers, "tomcat", "AppServlet.java")]);
        javac.WaitForExit();
        if (javac.ExitCode != 0)
        {
            throw new BenchException("javac could not compile benchmarks/peers/tomcat/AppServlet.java.");
        }
    }
}
