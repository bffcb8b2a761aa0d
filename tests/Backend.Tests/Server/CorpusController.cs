using Microsoft.AspNetCore.Mvc;

namespace Pomegranate.Backend.Tests.Server;

/// <summary>An MVC controller for both servers.</summary>
[Route("mvc")]
public sealed class CorpusController : ControllerBase
{
    [HttpGet("{id:int}")]
    public ActionResult<object> Get(int id) => id == 0 ? NotFound() : new { id, path = Request.Path.Value };

    [HttpPost]
    public IActionResult Post([FromForm] string name) => CreatedAtAction(nameof(Get), new { id = 7 }, name);

    [HttpPost("small")]
    [RequestSizeLimit(4)]
    public IActionResult Small([FromBody] string text) => Ok(text);
}
