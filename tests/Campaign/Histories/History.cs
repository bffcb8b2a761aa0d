using System.Text.Json;
using System.Text.Json.Serialization;

namespace Pomegranate.Campaign.Histories;

/// <summary>Everything that was asked, answered and done in one run; kept in a file as JSON lines while it happens.</summary>
internal sealed class History : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly Lock _lock = new();
    private readonly List<Operation> _operations = [];
    private readonly List<FaultMark> _faults = [];
    private readonly StreamWriter? _file;

    /// <param name="path">Where to keep it; an older file is replaced.</param>
    public History(string? path = null) => _file = path is null ? null : new StreamWriter(path, append: false);

    public IReadOnlyList<Operation> Operations
    {
        get
        {
            lock (_lock)
            {
                return [.. _operations];
            }
        }
    }

    public IReadOnlyList<FaultMark> Faults
    {
        get
        {
            lock (_lock)
            {
                return [.. _faults];
            }
        }
    }

    /// <summary>Reads a history back.</summary>
    /// <exception cref="InvalidDataException">A line is not of a history; the message has its number.</exception>
    public static History Load(string path)
    {
        var history = new History();
        var number = 0;
        foreach (var text in File.ReadLines(path))
        {
            number++;
            try
            {
                var line = JsonSerializer.Deserialize<Line>(text, Json);
                switch (line)
                {
                    case { Operation: { } operation }:
                        history._operations.Add(operation);
                        break;
                    case { Fault: { } fault }:
                        history._faults.Add(fault);
                        break;
                    default:
                        throw new InvalidDataException($"{path}, line {number}: neither an operation nor a fault.");
                }
            }
            catch (JsonException exception)
            {
                throw new InvalidDataException($"{path}, line {number}: {exception.Message}", exception);
            }
        }

        return history;
    }

    /// <summary>The operation as its line.</summary>
    public static string Text(Operation operation) => JsonSerializer.Serialize(operation, Json);

    public void Add(Operation operation)
    {
        lock (_lock)
        {
            _operations.Add(operation);
            Write(new Line(operation, null));
        }
    }

    public void Add(FaultMark fault)
    {
        lock (_lock)
        {
            _faults.Add(fault);
            Write(new Line(null, fault));
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _file?.Dispose();
        }
    }

    private void Write(Line line) => _file?.WriteLine(JsonSerializer.Serialize(line, Json));

    private sealed record Line(Operation? Operation, FaultMark? Fault);
}
