using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pomegranate.ClusterTests.Edge;

/// <summary>A self-signed certificate for loopback, made anew each time.</summary>
internal sealed class TestCertificate : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;

    public TestCertificate()
    {
        var request = new CertificateRequest("CN=localhost", _key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        _certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    public string Thumbprint => _certificate.Thumbprint;

    /// <summary>Puts it in place of what is there, the key before the certificate: only the certificate's file is watched.</summary>
    public void WritePem(string certificatePath, string keyPath)
    {
        Replace(keyPath, temporary => File.WriteAllText(temporary, _key.ExportPkcs8PrivateKeyPem()));
        Replace(certificatePath, temporary => File.WriteAllText(temporary, _certificate.ExportCertificatePem()));
    }

    public void WritePfx(string path, string password) =>
        Replace(path, temporary => File.WriteAllBytes(temporary, _certificate.Export(X509ContentType.Pkcs12, password)));

    public void Dispose()
    {
        _certificate.Dispose();
        _key.Dispose();
    }

    // As certbot and the like do it: nobody reads half a file.
    private static void Replace(string path, Action<string> write)
    {
        var temporary = path + ".new";
        write(temporary);
        File.Move(temporary, path, overwrite: true);
    }
}
