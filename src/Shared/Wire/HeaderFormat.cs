using Microsoft.Extensions.Primitives;

namespace Pomegranate.Wire;

/// <summary>HTTP headers on the wire: names and values in order.</summary>
internal static class HeaderFormat
{
    public static void Write(WireWriter writer, KeyValuePair<string, StringValues>[] headers)
    {
        writer.Count(headers.Length);
        foreach (var (name, values) in headers)
        {
            writer.String(name);
            writer.Count(values.Count);
            foreach (var value in values)
            {
                writer.String(value ?? "");
            }
        }
    }

    public static KeyValuePair<string, StringValues>[] Read(ref WireReader reader)
    {
        var headers = new KeyValuePair<string, StringValues>[reader.Count(2)];
        for (var i = 0; i < headers.Length; i++)
        {
            var name = reader.Name();
            var count = reader.Count();
            if (count == 1)
            {
                headers[i] = new(name, reader.String());
                continue;
            }

            var values = new string[count];
            for (var j = 0; j < count; j++)
            {
                values[j] = reader.String();
            }

            headers[i] = new(name, values);
        }

        return headers;
    }
}
