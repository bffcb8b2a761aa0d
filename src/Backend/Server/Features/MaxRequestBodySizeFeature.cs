using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Pomegranate.Backend.Server;

/// <summary>The limit of the request's body, which the app may change until it starts to read.</summary>
internal sealed class MaxRequestBodySizeFeature(long? initial) : IHttpMaxRequestBodySizeFeature
{
    private long? _max = initial;

    public bool IsReadOnly { get; private set; }

    public long? MaxRequestBodySize
    {
        get => _max;
        set
        {
            if (IsReadOnly)
            {
                throw new InvalidOperationException("The maximum request body size cannot be modified after the app has already started reading from the request body.");
            }

            if (value < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(value), "Value must be null or a non-negative number.");
            }

            _max = value;
        }
    }

    /// <summary>The app reads a body that has at least this length, as far as is known now.</summary>
    /// <exception cref="BadHttpRequestException">413: it is too long.</exception>
    public void Check(long length)
    {
        IsReadOnly = true;
        if (length > _max)
        {
            throw new BadHttpRequestException(
                $"Request body too large. The max request body size is {_max} bytes.", StatusCodes.Status413PayloadTooLarge);
        }
    }
}
