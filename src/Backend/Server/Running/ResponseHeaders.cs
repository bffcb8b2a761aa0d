using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Pomegranate.Backend.Server;

/// <summary>The response's headers: checked when set, as Kestrel does, and read-only once the response has started.</summary>
internal sealed class ResponseHeaders(Func<string, Encoding?> encoding) : IHeaderDictionary
{
    private readonly Dictionary<string, StringValues> _values = new(StringComparer.OrdinalIgnoreCase);
    private long? _contentLength;

    public bool IsReadOnly { get; private set; }

    public int Count => _values.Count;

    public ICollection<string> Keys => _values.Keys;

    public ICollection<StringValues> Values => _values.Values;

    /// <summary>Kept apart as a number because every write looks at it; the dictionary holds it too, as text.</summary>
    public long? ContentLength
    {
        get => _contentLength;
        set
        {
            CheckWritable();
            if (value is { } length)
            {
                if (length < 0)
                {
                    // The text where the parameter's name belongs: Kestrel's slip, kept so that messages match.
                    throw new ArgumentOutOfRangeException(InvalidLength(length.ToString(CultureInfo.InvariantCulture)));
                }

                this[HeaderNames.ContentLength] = length.ToString(CultureInfo.InvariantCulture);
            }
            else
            {
                Remove(HeaderNames.ContentLength);
            }
        }
    }

    public bool HasTransferEncoding => _values.ContainsKey(HeaderNames.TransferEncoding);

    /// <summary>Reads nothing where there is none; setting nothing removes.</summary>
    public StringValues this[string key]
    {
        get => _values.GetValueOrDefault(key);
        set
        {
            CheckWritable();
            CheckKey(key);
            if (value.Count == 0)
            {
                Remove(key);
            }
            else
            {
                Set(key, value);
            }
        }
    }

    StringValues IDictionary<string, StringValues>.this[string key]
    {
        get => _values[key];
        set => this[key] = value;
    }

    public void Add(string key, StringValues value)
    {
        CheckWritable();
        CheckKey(key);
        if (_values.ContainsKey(key))
        {
            throw new ArgumentException($"An item with the same key has already been added. Key: {key}");
        }

        if (value.Count > 0)
        {
            Set(key, value);
        }
    }

    public void Add(KeyValuePair<string, StringValues> item) => Add(item.Key, item.Value);

    public bool Remove(string key)
    {
        CheckWritable();
        if (key.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase))
        {
            _contentLength = null;
        }

        return _values.Remove(key);
    }

    public bool Remove(KeyValuePair<string, StringValues> item)
    {
        CheckWritable();
        return Contains(item) && Remove(item.Key);
    }

    public void Clear()
    {
        CheckWritable();
        _contentLength = null;
        _values.Clear();
    }

    public void SetReadOnly() => IsReadOnly = true;

    public bool ContainsKey(string key) => _values.ContainsKey(key);

    public bool Contains(KeyValuePair<string, StringValues> item)
        => _values.TryGetValue(item.Key, out var value) && value.Equals(item.Value);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out StringValues value) => _values.TryGetValue(key, out value);

    public void CopyTo(KeyValuePair<string, StringValues>[] array, int arrayIndex)
        => ((ICollection<KeyValuePair<string, StringValues>>)_values).CopyTo(array, arrayIndex);

    public IEnumerator<KeyValuePair<string, StringValues>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _values.GetEnumerator();

    private void Set(string key, StringValues value)
    {
        HeaderCharacters.CheckName(key);
        HeaderCharacters.CheckValue(value, encoding(key));
        if (key.Equals(HeaderNames.ContentLength, StringComparison.OrdinalIgnoreCase))
        {
            var text = value.ToString();
            if (!HeaderUtilities.TryParseNonNegativeInt64(text, out var length))
            {
                throw new InvalidOperationException(InvalidLength(text));
            }

            _contentLength = length;
        }

        _values[key] = value;
    }

    private static string InvalidLength(string text) => $"Invalid Content-Length: \"{text}\". Value must be a positive integral number.";

    private void CheckWritable()
    {
        if (IsReadOnly)
        {
            throw new InvalidOperationException("Headers are read-only, response has already started.");
        }
    }

    private static void CheckKey(string key)
    {
        if (string.IsNullOrEmpty(key))
        {
            throw new InvalidOperationException("Header name cannot be a null or empty string.");
        }
    }
}
