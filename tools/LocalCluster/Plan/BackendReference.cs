using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace Pomegranate.LocalCluster.Plan;

/// <summary>
/// Whether an app calls <c>AddPomegranateBackend()</c>. The compiler notes the assemblies that code uses, and no others: one
/// that is only referred to by the project is not among them.
/// </summary>
internal static class BackendReference
{
    private const string Backend = "Pomegranate.Backend";

    /// <summary>Looks at the app and all that lies beside it: the call may be in a library that several apps share.</summary>
    public static bool IsIn(string directory) => Directory.EnumerateFiles(directory, "*.dll").Any(Uses);

    private static bool Uses(string assembly)
    {
        try
        {
            using var file = new PEReader(File.OpenRead(assembly));
            if (!file.HasMetadata)
            {
                return false;
            }

            var metadata = file.GetMetadataReader();
            return metadata.AssemblyReferences.Any(
                handle => metadata.StringComparer.Equals(metadata.GetAssemblyReference(handle).Name, Backend));
        }
        catch (BadImageFormatException)
        {
            return false;
        }
    }
}
