using System.Diagnostics;

namespace Pomegranate.Bench.Systems;

/// <summary>Apache httpd with mod_jk in front of two Tomcats that replicate sessions with DeltaManager; Debian's packages.</summary>
internal sealed class TomcatSystem(string work) : BenchSystem("httpd-tomcat", work)
{
    private const string TomcatHome = "/usr/share/tomcat10";
    private const string ApacheModules = "/usr/lib/apache2/modules";
    private static readonly string Peers = Repository.At("benchmarks", "peers");
    private readonly List<(string Role, int Pid)> _processes = [];

    public override string What => "Apache httpd with mod_jk, 2 Tomcats with SimpleTcpCluster and DeltaManager, asynchronous (their default)";

    public override IReadOnlyList<(string Role, int Pid)> Processes => _processes;

    public override async Task StartAsync()
    {
        CompileServlet();
        int[] http = [Ports.Free(), Ports.Free()], ajp = [Ports.Free(), Ports.Free()], receiver = [Ports.Free(), Ports.Free()];
        for (var i = 0; i < 2; i++)
        {
            var tomcat = StartTomcat(i + 1, ("http", $"{http[i]}"), ("ajp", $"{ajp[i]}"), ("receiver", $"{receiver[i]}"), ("otherReceiver", $"{receiver[1 - i]}"));
            _processes.Add(($"tomcat{i + 1}", tomcat.Pid));
            await AnswersAsync(new Uri($"http://127.0.0.1:{http[i]}/plain"), tomcat, $"tomcat{i + 1}");
        }

        var port = Ports.Free();
        var root = Directory.CreateDirectory(Path.Combine(Work, "httpd")).FullName;
        Template.Fill(Path.Combine(Peers, "httpd", "workers.properties"), Path.Combine(root, "workers.properties"), ("ajp1", $"{ajp[0]}"), ("ajp2", $"{ajp[1]}"));
        Template.Fill(Path.Combine(Peers, "httpd", "httpd.conf"), Path.Combine(root, "httpd.conf"),
            ("root", root), ("http", $"{port}"), ("modules", ApacheModules), ("user", Environment.IsPrivilegedProcess ? "User www-data\nGroup www-data" : ""));
        var httpd = Run("httpd", "/usr/sbin/apache2", ["-f", Path.Combine(root, "httpd.conf"), "-DFOREGROUND"]);
        _processes.Add(("httpd", httpd.Pid));
        Url = new Uri($"http://127.0.0.1:{port}");
        await AnswersAsync(new Uri(Url, "/plain"), httpd, "httpd");
    }

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
