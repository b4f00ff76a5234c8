import { useEffect, useState } from 'preact/hooks';
import { MAX_SENT_PICTURE_BYTES } from '../agent/pictures.js';
import { scalePicture } from '../media/scale-picture.js';
import type { ChatMessage, Picture } from '../storage/records.js';

/** The pictures of a message, and how many things are attached that are not shown. */
export function PicturesOf({ message, from }: { readonly message: ChatMessage; readonly from: string }) {
  const { pictures = [] } = message;
  const notShown = message.direction === 'in' ? (message.notShown ?? 0) : 0;
  return (
    <>
      {pictures.map((picture, index) => (
        <PictureView key={index} picture={picture} label={`Picture ${index + 1} of ${pictures.length}, ${from}`} />
      ))}
      {notShown === 0 ? null : <em>Something is attached that is not shown here ({notShown}).</em>}
    </>
  );
}

/** By an address that only this page has, and only as long as it is shown. A picture never changes. */
function PictureView({ picture, label }: { readonly picture: Picture; readonly label: string }) {
  const [url, setUrl] = useState('');
  useEffect(() => {
    const address = URL.createObjectURL(new Blob([picture.bytes], { type: picture.mediaType }));
    setUrl(address);
    return () => URL.revokeObjectURL(address);
  }, []);
  return url === '' ? null : <img class="picture" src={url} alt={label} decoding="async" />;
}

interface PictureFieldProps {
  readonly picture: Picture | undefined;
  onPicture(picture: Promise<Picture> | undefined): void;
}

/** Chooses a picture; on a phone also takes one. */
export function PictureField({ picture, onPicture }: PictureFieldProps) {
  const choose = ({ currentTarget: input }: { readonly currentTarget: HTMLInputElement }): void => {
    const [file] = input.files ?? [];
    onPicture(file === undefined ? undefined : scalePicture(file, MAX_SENT_PICTURE_BYTES));
    input.value = '';
  };
  if (picture === undefined) {
    return (
      <label>
        Add a picture
        <input type="file" accept="image/*" onChange={choose} />
      </label>
    );
  }
  return (
    <>
      <PictureView picture={picture} label="The picture that goes with the message" />
      <p role="status">{Math.ceil(picture.bytes.length / 1000)} kB</p>
      <button type="button" onClick={() => onPicture(undefined)}>
        Without the picture
      </button>
    </>
  );
}
